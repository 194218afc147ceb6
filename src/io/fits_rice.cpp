// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <bit>

#include "io/fits_bits.hpp"
#include "io/fits_streams.hpp"

namespace skyweft::io {
namespace {

constexpr int kWindow = 57;

/// The length of zeros and a one at the start of `kSeen` bits; more than a window without a one.
/// Looking it up is faster than std::countl_zero without its instruction.
constexpr int kSeen = 11;
constexpr auto kUnary = [] {
  std::array<unsigned char, std::size_t{1} << kSeen> length{};
  for (std::uint32_t bits = 0; bits < length.size(); ++bits)
    length[bits] = static_cast<unsigned char>(
        bits == 0 ? kWindow + 1 : std::countl_zero(bits) - (32 - kSeen) + 1);
  return length;
}();

/// Where `n` codes of zeros, a one and `low_bits` bits end, from bit `at` on; beyond the end of the
/// stream when it holds fewer.
std::int64_t end_of_codes(const Bits& bits, std::int64_t at, std::int64_t n,
                          int low_bits) noexcept {
  for (; n > 0; --n) {
    std::uint64_t window = bits.window(at);
    while (window == 0) {  // a long run of zeros
      if (at > bits.size()) return at;
      at += kWindow;
      window = bits.window(at);
    }
    at += std::countl_zero(window) + 1 + low_bits;
  }
  return at;
}

/// The same for several streams side by side: each code waits for the one before, so that one
/// stream alone leaves the processor idle.
template <std::size_t lanes>
void skip_codes(const std::array<Bits, lanes>& bits, std::array<std::int64_t, lanes>& at,
                std::int64_t n, const std::array<int, lanes>& low_bits) noexcept {
  // As many codes as one window mostly holds are taken from it unseen.
  const std::int64_t group = kWindow / (*std::ranges::max_element(low_bits) + 4);
  for (std::int64_t done = 0; done < n; done += group) {
    const std::int64_t n_code = std::min(group, n - done);
    std::array<std::uint64_t, lanes> window;
    std::array<int, lanes> used{};
    for (std::size_t l = 0; l < lanes; ++l) window[l] = bits[l].window(at[l]);
    for (std::int64_t i = 0; i < n_code; ++i)
      for (std::size_t l = 0; l < lanes; ++l) {
        const int length = kUnary[window[l] >> (64 - kSeen)] + low_bits[l];
        window[l] <<= length & 63;
        used[l] += length;
      }
    for (std::size_t l = 0; l < lanes; ++l) {
      if (used[l] <= kWindow)
        at[l] += used[l];
      else
        at[l] = end_of_codes(bits[l], at[l], n_code, low_bits[l]);
    }
  }
}

template <std::size_t lanes>
bool all_rice_fit(std::span<const Stream, lanes> streams, std::int64_t n_pixel, std::int64_t block,
                  int pixel_bytes) noexcept {
  const auto first_bytes = static_cast<std::size_t>(pixel_bytes);
  std::array<Bits, lanes> bits;
  for (std::size_t l = 0; l < lanes; ++l) {
    if (streams[l].size() <= first_bytes) return false;
    bits[l] = Bits{streams[l].subspan(first_bytes)};
  }
  const int length_bits = pixel_bytes == 1 ? 3 : pixel_bytes == 2 ? 4 : 5;
  const int direct = pixel_bytes == 1 ? 6 : pixel_bytes == 2 ? 14 : 25;
  std::array<std::int64_t, lanes> at{};
  for (std::int64_t i = 0; i < n_pixel; i += block) {
    const std::int64_t n = std::min(block, n_pixel - i);
    std::array<int, lanes> low_bits;
    bool all_coded = true;
    for (std::size_t l = 0; l < lanes; ++l) {
      low_bits[l] = static_cast<int>(bits[l].window(at[l]) >> (64 - length_bits)) - 1;
      at[l] += length_bits;
      all_coded = all_coded && low_bits[l] >= 0 && low_bits[l] != direct;
    }
    if (all_coded) {
      skip_codes(bits, at, n, low_bits);
    } else {
      for (std::size_t l = 0; l < lanes; ++l) {
        if (low_bits[l] == direct)
          at[l] += n * pixel_bytes * 8;
        else if (low_bits[l] >= 0)
          at[l] = end_of_codes(bits[l], at[l], n, low_bits[l]);
      }
    }
    for (std::size_t l = 0; l < lanes; ++l)
      if (at[l] > bits[l].size()) return false;
  }
  return true;
}

}  // namespace

std::size_t first_unfit_rice(std::span<const Stream> streams, std::int64_t n_pixel,
                             std::int64_t block, int pixel_bytes) noexcept {
  std::size_t i = 0;
  while (i + kRiceLanes <= streams.size() &&
         all_rice_fit(std::span<const Stream, kRiceLanes>{streams.subspan(i, kRiceLanes)}, n_pixel,
                      block, pixel_bytes))
    i += kRiceLanes;
  while (i < streams.size() && all_rice_fit(std::span<const Stream, 1>{streams.subspan(i, 1)},
                                            n_pixel, block, pixel_bytes))
    ++i;
  return i;
}

}  // namespace skyweft::io
