// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_pixels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace skyweft::io {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;  // half of a usual second-level cache

std::uint8_t swapped(std::uint8_t v) {
  return v;
}
std::uint16_t swapped(std::uint16_t v) {
  return __builtin_bswap16(v);
}
std::uint32_t swapped(std::uint32_t v) {
  return __builtin_bswap32(v);
}
std::uint64_t swapped(std::uint64_t v) {
  return __builtin_bswap64(v);
}

/// out[i] = value(stored[i]), with the stored bits as the unsigned integer U.
template <class U, class Value>
void convert(const std::byte* bytes, std::span<float> out, Value value) {
  const std::size_t n = out.size();
  float* const to = out.data();
  for (std::size_t i = 0; i < n; ++i) {
    U bits;
    std::memcpy(&bits, bytes + i * sizeof(U), sizeof(U));
    if constexpr (std::endian::native == std::endian::little) bits = swapped(bits);
    to[i] = value(bits);
  }
}

/// Without branches: exponent bits all set mean NaN or infinity.
float finite_or_nan(float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  return (bits & 0x7f800000u) == 0x7f800000u ? kNoValue : v;
}

/// Integers I stored as U; `to_float` gives the physical value.
template <class U, class I, class ToFloat>
void convert_integers(const std::byte* bytes, const PixelFormat& format, std::span<float> out,
                      ToFloat to_float) {
  const bool fits = format.blank && *format.blank >= std::numeric_limits<I>::min() &&
                    *format.blank <= std::numeric_limits<I>::max();
  if (!fits) {
    convert<U>(bytes, out, [&](U bits) { return to_float(static_cast<I>(bits)); });
    return;
  }
  const auto blank = static_cast<I>(*format.blank);
  convert<U>(bytes, out, [&](U bits) {
    const I v = static_cast<I>(bits);
    return v == blank ? kNoValue : to_float(v);
  });
}

template <class U, class I>
void integers(const std::byte* bytes, const PixelFormat& format, std::span<float> out) {
  const double scale = format.scale;
  const double zero = format.zero;
  // Up to here sums of 16-bit integers are exact in float.
  const bool whole = scale == 1.0 && std::trunc(zero) == zero && std::abs(zero) <= 8388608.0;
  if (sizeof(I) <= 2 && whole) {
    const auto shift = static_cast<std::int32_t>(zero);
    convert_integers<U, I>(bytes, format, out, [shift](I v) {
      return static_cast<float>(static_cast<std::int32_t>(v) + shift);
    });
  } else if (scale == 1.0 && zero == 0.0) {
    convert_integers<U, I>(bytes, format, out, [](I v) { return static_cast<float>(v); });
  } else if (sizeof(I) == 8 && scale == 1.0 && zero == 9223372036854775808.0) {
    convert_integers<U, I>(bytes, format, out, [](I v) {
      return static_cast<float>(static_cast<std::uint64_t>(v) ^ (std::uint64_t{1} << 63));
    });
  } else {
    convert_integers<U, I>(bytes, format, out, [scale, zero](I v) {
      return finite_or_nan(static_cast<float>(static_cast<double>(v) * scale + zero));
    });
  }
}

template <class U, class F>
void reals(const std::byte* bytes, const PixelFormat& format, std::span<float> out) {
  const double scale = format.scale;
  const double zero = format.zero;
  if (scale == 1.0 && zero == 0.0)
    convert<U>(bytes, out,
               [](U bits) { return finite_or_nan(static_cast<float>(std::bit_cast<F>(bits))); });
  else
    convert<U>(bytes, out, [scale, zero](U bits) {
      return finite_or_nan(
          static_cast<float>(static_cast<double>(std::bit_cast<F>(bits)) * scale + zero));
    });
}

}  // namespace

void pixels_from_fits(std::span<const std::byte> bytes, const PixelFormat& format,
                      std::span<float> out) {
  const std::byte* const from = bytes.data();
  switch (format.bitpix) {
    case 8:
      return integers<std::uint8_t, std::uint8_t>(from, format, out);
    case 16:
      return integers<std::uint16_t, std::int16_t>(from, format, out);
    case 32:
      return integers<std::uint32_t, std::int32_t>(from, format, out);
    case 64:
      return integers<std::uint64_t, std::int64_t>(from, format, out);
    case -32:
      return reals<std::uint32_t, float>(from, format, out);
    default:
      return reals<std::uint64_t, double>(from, format, out);
  }
}

void read_plain_pixels(const FitsBytes& file, const PixelFormat& format, std::int64_t first,
                       std::span<float> out) {
  const auto width = static_cast<std::size_t>(format.pixel_bytes());
  const std::size_t at_once = kPieceBytes / width;
  std::vector<std::byte> piece(std::min(at_once, out.size()) * width);
  for (std::size_t done = 0; done < out.size(); done += at_once) {
    const std::size_t n = std::min(at_once, out.size() - done);
    const std::span<std::byte> part{piece.data(), n * width};
    file.read(format.offset +
                  (first + static_cast<std::int64_t>(done)) * static_cast<std::int64_t>(width),
              part);
    pixels_from_fits(part, format, out.subspan(done, n));
  }
}

std::uint32_t fits_sum(std::span<const std::byte> bytes, std::uint32_t sum) {
  // 2^32 words may be added before the upper half overflows.
  std::uint64_t total = sum;
  const std::size_t n_word = bytes.size() / 4;
  for (std::size_t i = 0; i < n_word; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + 4 * i, 4);
    if constexpr (std::endian::native == std::endian::little) word = swapped(word);
    total += word;
  }
  while (total >> 32 != 0) total = (total & 0xffffffffu) + (total >> 32);
  return static_cast<std::uint32_t>(total);
}

}  // namespace skyweft::io
