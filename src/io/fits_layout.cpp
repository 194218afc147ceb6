// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBlock = 2880;
constexpr std::int64_t kCard = 80;
constexpr std::int64_t kMaxHeaderBlocks = 4000;  // 144 000 cards
constexpr int kMaxHdus = 2000;
constexpr std::int64_t kMaxTileSide = std::int64_t{1} << 31;
constexpr std::int64_t kMaxDataBytes = std::int64_t{1} << 45;

using Block = std::array<char, kBlock>;

/// The block at `offset`; zeros behind the end of the file.
void read_block(const FitsBytes& bytes, std::int64_t offset, Block& out) {
  const auto n = static_cast<std::size_t>(std::min(kBlock, bytes.size() - offset));
  bytes.read(offset, std::as_writable_bytes(std::span{out}).first(n));
}

/// The numbers of one header that say how many data bytes follow.
struct Shape {
  std::int64_t bitpix = 8;
  std::int64_t naxis = 0;
  std::int64_t pcount = 0;
  std::int64_t gcount = 1;
  bool groups = false;
  bool is_rice = false;
  bool has_odd_zval = false;  ///< a block size of 0, by which cfitsio would divide
  std::array<std::int64_t, 1000> axis{};
};

std::optional<std::int64_t> whole_number(std::string_view value) {
  const std::string_view text = trimmed(value.substr(0, value.find('/')));
  std::int64_t number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void take_card(std::string_view card, Shape& shape, const fs::path& path) {
  if (card.substr(8, 2) != "= ") return;
  const std::string_view key = trimmed(card.substr(0, 8));
  const std::string_view value = card.substr(10);
  if (key == "GROUPS") {
    shape.groups = trimmed(value).starts_with('T');
    return;
  }
  // cfitsio divides by these as soon as it sees the header.
  const std::size_t stem = key.starts_with("ZTILE") ? 5 : key.starts_with("ZNAXIS") ? 6 : 0;
  if (stem > 0 && std::ranges::all_of(key.substr(stem), is_digit)) {
    const auto side = whole_number(value);
    if (!side || *side < 1 || *side > kMaxTileSide)
      fail_fits_layout(path, fmt::format("{} is not from 1 to {}", printable(key), kMaxTileSide));
    return;
  }
  if (key == "TFIELDS") {  // cfitsio reserves room for that many
    const auto n = whole_number(value);
    if (!n || *n < 0 || *n > 999) fail_fits_layout(path, "TFIELDS is not from 0 to 999");
  }
  if (key == "ZCMPTYPE" && value.find("RICE") != std::string_view::npos) shape.is_rice = true;
  if (key.starts_with("ZVAL") && whole_number(value).value_or(0) < 1) shape.has_odd_zval = true;
  const bool is_axis = key.starts_with("NAXIS") && key.size() > 5;
  if (!is_axis && key != "BITPIX" && key != "NAXIS" && key != "PCOUNT" && key != "GCOUNT") return;
  const auto number = whole_number(value);
  if (!number) fail_fits_layout(path, fmt::format("{} is not a whole number", printable(key)));
  if (is_axis) {
    const auto i = whole_number(key.substr(5));
    if (!i || *i < 1 || *i > 999) return;
    if (*number < 0) fail_fits_layout(path, fmt::format("{} is negative", printable(key)));
    shape.axis[static_cast<std::size_t>(*i)] = *number;
  } else if (key == "BITPIX") {
    constexpr std::array<std::int64_t, 6> kAllowed{8, 16, 32, 64, -32, -64};
    if (std::ranges::find(kAllowed, *number) == kAllowed.end())
      fail_fits_layout(path, fmt::format("BITPIX is {}", *number));
    shape.bitpix = *number;
  } else if (key == "NAXIS") {
    if (*number < 0 || *number > 999) fail_fits_layout(path, fmt::format("NAXIS is {}", *number));
    shape.naxis = *number;
  } else {
    if (*number < 0) fail_fits_layout(path, fmt::format("{} is negative", key));
    (key == "PCOUNT" ? shape.pcount : shape.gcount) = *number;
  }
}

std::int64_t data_bytes(const Shape& shape, const fs::path& path) {
  if (shape.naxis == 0) return 0;
  const bool random_groups = shape.groups && shape.axis[1] == 0;
  std::int64_t bytes = 1;
  const auto times = [&](std::int64_t factor) {
    if (__builtin_mul_overflow(bytes, factor, &bytes) || bytes > kMaxDataBytes)
      fail_fits_layout(path, "its header promises an absurd amount of data (NAXISn)");
  };
  for (std::int64_t i = random_groups ? 2 : 1; i <= shape.naxis; ++i)
    times(shape.axis[static_cast<std::size_t>(i)]);
  if (shape.pcount > kMaxDataBytes) fail_fits_layout(path, "PCOUNT is absurdly large");
  bytes += shape.pcount;
  times(shape.gcount);
  times(std::abs(shape.bitpix) / 8);
  return bytes;
}

/// Reads one header from `offset` on and returns where its data begins.
std::int64_t walk_header(const FitsBytes& bytes, std::int64_t offset, Shape& shape) {
  const fs::path& path = bytes.path();
  const std::int64_t n_bytes = bytes.size();
  Block block{};
  for (std::int64_t i_block = 0; i_block < kMaxHeaderBlocks; ++i_block) {
    if (offset + kBlock > n_bytes) fail_truncated(path, n_bytes, offset + kBlock);
    read_block(bytes, offset, block);
    offset += kBlock;
    for (std::int64_t at = 0; at < kBlock; at += kCard) {
      const std::string_view card{block.data() + at, static_cast<std::size_t>(kCard)};
      if (trimmed(card) == "END") return offset;
      take_card(card, shape, path);
    }
  }
  fail_fits_layout(path, "a header has no END");
}

}  // namespace

void check_fits_layout(const FitsBytes& bytes) {
  const fs::path& path = bytes.path();
  const std::int64_t n_bytes = bytes.size();
  if (n_bytes == 0) fail_truncated(path, 0, kBlock);
  std::int64_t offset = 0;
  Block block{};
  for (int i_hdu = 0; i_hdu < kMaxHdus && offset < n_bytes; ++i_hdu) {
    if (offset + kBlock > n_bytes) {
      if (i_hdu == 0 && n_bytes < kBlock) {
        Block start{};
        read_block(bytes, 0, start);
        if (std::string_view{start.data(), 6} != "SIMPLE")
          fail_fits_layout(path, "it does not start with SIMPLE");
      }
      fail_truncated(path, n_bytes, offset + kBlock);
    }
    read_block(bytes, offset, block);
    const std::string_view start{block.data(), 8};
    if (i_hdu == 0 && !start.starts_with("SIMPLE"))
      fail_fits_layout(path, "it does not start with SIMPLE");
    if (i_hdu > 0 && start != "XTENSION") return;  // special records may follow the last HDU
    Shape shape;
    const std::int64_t data_start = walk_header(bytes, offset, shape);
    if (shape.is_rice && shape.has_odd_zval) fail_fits_layout(path, "ZVALn is below 1");
    const std::int64_t n_block = (data_bytes(shape, path) + kBlock - 1) / kBlock;
    offset = data_start + n_block * kBlock;
    if (offset > n_bytes) fail_truncated(path, n_bytes, offset);
  }
}

void fail_truncated(const fs::path& path, std::int64_t have, std::int64_t need) {
  throw Error{
      Errc::bad_input,
      fmt::format("truncated FITS file {}: {} bytes where {} are needed; copy the file again",
                  printable(path.string()), have, need)}
      .because({"file_bytes", static_cast<double>(have), static_cast<double>(need)});
}

void fail_fits_layout(const fs::path& path, std::string_view why) {
  throw Error{Errc::bad_input, fmt::format("{} is not a usable FITS file: {}; try fitsverify",
                                           printable(path.string()), why)}
      .because({"is_fits", 0.0, 1.0});
}

}  // namespace skyweft::io
