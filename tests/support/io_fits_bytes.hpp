// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// FITS files made byte by byte, for what write_image() does not write.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace skyweft::support {

/// "KEY     =                value", 80 letters.
inline std::string fits_card(const std::string& key, const std::string& value) {
  std::string card = fmt::format("{:<8}= {:>20}", key, value);
  card.resize(80, ' ');
  return card;
}

/// `bytes` filled up to whole blocks of 2880.
inline std::string fits_blocks(std::string bytes, char fill) {
  bytes.resize((bytes.size() + 2879) / 2880 * 2880, fill);
  return bytes;
}

/// One HDU with an image of the axes given; `data` is as it shall stand in the file. `more` are
/// whole cards.
inline std::string fits_hdu(bool is_primary, int bitpix, const std::vector<std::int64_t>& axes,
                            const std::string& data, const std::string& more = {}) {
  std::string head = is_primary ? fits_card("SIMPLE", "T") : fits_card("XTENSION", "'IMAGE   '");
  head += fits_card("BITPIX", std::to_string(bitpix));
  head += fits_card("NAXIS", std::to_string(axes.size()));
  for (std::size_t i = 0; i < axes.size(); ++i)
    head += fits_card(fmt::format("NAXIS{}", i + 1), std::to_string(axes[i]));
  if (!is_primary) head += fits_card("PCOUNT", "0") + fits_card("GCOUNT", "1");
  head += more + "END";
  return fits_blocks(head, ' ') + fits_blocks(data, '\0');
}

/// The numbers as big-endian integers of two bytes.
inline std::string big_endian_16(std::span<const int> values) {
  std::string bytes;
  for (const int v : values) {
    bytes += static_cast<char>(static_cast<unsigned>(v) >> 8 & 0xffu);
    bytes += static_cast<char>(static_cast<unsigned>(v) & 0xffu);
  }
  return bytes;
}

}  // namespace skyweft::support
