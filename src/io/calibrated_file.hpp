// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/detector.hpp"
#include "data/frame.hpp"
#include "data/tan_sip.hpp"
#include "io/fits.hpp"

namespace skyweft::io {

/// A master frame that was applied; an empty name means none.
struct AppliedMaster {
  std::string name;
  std::string digest;
};

/// Where a calibrated frame comes from and what was done to it.
struct CalibratedOrigin {
  Header raw;            ///< of the raw frame
  std::string raw_file;  ///< its path; only the last part is written
  std::string channel;   ///< "" for the only one
  RawLayout layout;      ///< which pixels of the raw file these are
  std::string date_obs;  ///< start of the exposure, UTC, ISO 8601; "" leaves it out
  AppliedMaster bias;
  AppliedMaster dark;
  AppliedMaster flat;
  std::string software_version;
  std::string config_digest;
  std::vector<std::string> history;  ///< one line per step
  std::optional<TanSip> wcs;         ///< in pixels of the frame; nothing: not solved yet
};

/// Writes a calibrated frame as three images: VALUE (float, electrons), ERROR (float, electrons,
/// the root of the variance) and MASK (the bits of data/flags.hpp, named in MSKBn).
///
/// VALUE carries what the raw header says of target, telescope, site and weather (a fixed list of
/// keywords: nothing that describes pixels, scaling, sections or time), then DATE-OBS, MJD-AVG (mid
/// of the exposure, UTC), EXPTIME, GAIN, RDNOISE, RAWFNAME, CLRCHNL, CHNLXOFF, CHNLXSTP, CHNLYOFF,
/// CHNLYSTP, ORIGIN, SWVERS, CFGDIG, MBIAS/MDARK/MFLAT with their digests MBIASDIG …, and one
/// HISTORY line per step, and the plate solution where there is one (wcs_cards()). No date of
/// creation: equal content gives equal bytes. Packed with q > 0 VALUE and ERROR are LOSSY, rounded
/// to steps of noise / q (16 or more keeps photometry); MASK is always exact. Collective: no.
/// Throws Error{io}, or Error{bad_config} as write_image().
void write_calibrated(const std::filesystem::path& path, const Frame& frame,
                      const CalibratedOrigin& origin, const Packing& packing = {});

/// A safe file name for the calibrated frame: the raw file's name without folder and endings, the
/// channel, ".fits" or, packed, ".fits.fz". A name that had to be changed to be safe gets eight
/// letters of a digest, so that different raw names stay different; equal names in two folders do
/// not.
std::string calibrated_name(const std::filesystem::path& raw, std::string_view channel,
                            bool is_packed);

}  // namespace skyweft::io
