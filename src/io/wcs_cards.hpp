// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "data/detector.hpp"
#include "data/tan_sip.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// The keywords of a plate solution: CTYPE 'RA---TAN-SIP' (without distortion 'RA---TAN'), CUNIT,
/// CRVAL, CRPIX (counted from 1), CD, A_p_q …, BP_p_q, RADESYS ICRS, LONPOLE; its errors as SIPERR
/// and SIPINERR in pixels, and comments that say so. Numbers read back bit for bit.
/// Collective: no. Throws Error{internal} when `sip` is empty.
Header wcs_cards(const TanSip& sip);

/// The cards as lines of text with END last, as SCAMP and SWarp read beside an image (.head).
/// Collective: no. Throws: never.
std::string wcs_text(const TanSip& sip);

/// Writes a FITS file of one header without pixels: the cards, and the frame's size as IMAGEW and
/// IMAGEH. Atomic; equal content gives equal bytes. Collective: no. Throws Error{io}.
void write_wcs_file(const std::filesystem::path& path, const TanSip& sip, std::int64_t nx,
                    std::int64_t ny);

/// Whether a keyword describes world coordinates and would contradict new ones: CTYPEn … CUNITn,
/// CDi_j, PCi_j, CROTAn, PVi_m, PSi_m, SIP, distortion tables, WATi_nnn, LONPOLE, RADESYS, EQUINOX.
/// Alternative descriptions (CTYPE1A …) and those of table columns are none.
bool is_wcs_key(std::string_view key);

/// Copies a FITS file and puts the cards into the header of the one image that `layout` names, in
/// place of the world coordinates there. All other cards and all data stay byte for byte; CHECKSUM
/// and DATASUM of that image are renewed where present. Compressed images (.fz) stay compressed, a
/// .gz is unpacked. `sip` is in pixels of that image. Atomic. Collective: no.
/// Throws Error{bad_input} for a camera raw file, several images, or a broken file; Error{io}.
void write_wcs_copy(const std::filesystem::path& raw, const RawLayout& layout,
                    const std::filesystem::path& copy, const TanSip& sip);

/// The header of the first image that `layout` names as records of 80 characters, END left out;
/// what only the primary header has follows. Empty for a camera raw file.
/// Collective: no. Throws Error{bad_input} as read_header() does.
std::string header_cards(const std::filesystem::path& path, const RawLayout& layout = {});

}  // namespace skyweft::io
