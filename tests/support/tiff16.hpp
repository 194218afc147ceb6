// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/grid.hpp"

namespace skyweft::support {

/// The pixels of a grey, 16-bit, uncompressed, little-endian TIFF in strips; the first row of the
/// file is row 0. Throws std::runtime_error for any other.
inline Grid<float> read_tiff16(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const auto number = [&](std::size_t at, std::size_t n) {
    if (at + n > bytes.size()) throw std::runtime_error{"TIFF cut short: " + path.string()};
    std::uint32_t v = 0;
    for (std::size_t k = 0; k < n; ++k)
      v |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + k])) << (8 * k);
    return v;
  };
  if (number(0, 4) != 0x002a4949) throw std::runtime_error{"no TIFF: " + path.string()};
  const std::size_t directory = number(4, 4);
  std::int64_t nx = 0, ny = 0;
  std::vector<std::size_t> strips, sizes;
  std::uint32_t bits = 0, compression = 1;
  for (std::size_t k = 0; k < number(directory, 2); ++k) {
    const std::size_t entry = directory + 2 + 12 * k;
    const std::uint32_t tag = number(entry, 2);
    const std::size_t width = number(entry + 2, 2) == 3 ? 2 : 4;
    const std::size_t n = number(entry + 4, 4);
    const std::size_t at = n * width <= 4 ? entry + 8 : number(entry + 8, 4);
    const auto value = [&](std::size_t i) { return number(at + i * width, width); };
    if (tag == 256) nx = value(0);
    if (tag == 257) ny = value(0);
    if (tag == 258) bits = value(0);
    if (tag == 259) compression = value(0);
    for (std::size_t i = 0; i < n && (tag == 273 || tag == 279); ++i)
      (tag == 273 ? strips : sizes).push_back(value(i));
  }
  if (bits != 16 || compression != 1 || strips.size() != sizes.size())
    throw std::runtime_error{"not a plain 16-bit TIFF: " + path.string()};
  Grid<float> out(nx, ny);
  std::size_t i = 0;
  for (std::size_t k = 0; k < strips.size(); ++k)
    for (std::size_t at = strips[k]; at < strips[k] + sizes[k] && i < out.pixels().size(); at += 2)
      out.pixels()[i++] = static_cast<float>(number(at, 2));
  if (i != out.pixels().size()) throw std::runtime_error{"TIFF lacks rows: " + path.string()};
  return out;
}

}  // namespace skyweft::support
