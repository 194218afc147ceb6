// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "data/wcs.hpp"

namespace skyweft::workflows {

/// The key of KnownSky::solutions under which the reference frame of a run without catalogue is.
inline constexpr std::string_view kReferenceKey = "reference";

/// What the trial frames taught about sky and cameras. Kept in the archive, so that an interrupted
/// run goes on from the same place and reaches the same numbers.
struct KnownSky {
  std::optional<SkyPos> centre;  ///< of the field; nothing while it is not known
  bool aligned = false;          ///< there is no catalogue: the stars are those of one frame
  std::string reference;         ///< label of that frame, or of the best trial frame
  std::string frame_digest;      ///< of that frame
  std::string masters_digest;    ///< of what it was calibrated with
  std::map<std::string, Wcs> solutions;   ///< one per camera and channel (detector_key())
  std::map<std::string, double> fwhm_px;  ///< median of its trial frames, likewise
};

/// Tells cameras and channels apart: "camera/channel".
std::string detector_key(const FrameInfo& info);

/// JSON, numbers to the last bit. Collective: no.
std::string known_sky_text(const KnownSky& sky);

/// The inverse. Throws Error{bad_input} for text that known_sky_text() did not write.
KnownSky parse_known_sky(const std::string& text);

}  // namespace skyweft::workflows
