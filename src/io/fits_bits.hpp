// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the bits of a compressed stream.

#include <bit>
#include <cstdint>
#include <cstring>

#include "io/fits_streams.hpp"

namespace skyweft::io {

/// Bits of a stream, the highest of each byte first. Beyond the end all bits are 0.
class Bits {
 public:
  Bits() = default;
  explicit Bits(Stream stream) : stream_(stream) {}

  /// At least 57 bits from bit `at` on, in the high end of the word.
  std::uint64_t window(std::int64_t at) const noexcept {
    const auto byte = static_cast<std::size_t>(at >> 3);
    std::uint64_t word = 0;
    if (byte + 8 <= stream_.size()) {
      std::memcpy(&word, stream_.data() + byte, 8);
      if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    } else {
      for (std::size_t i = byte; i < byte + 8; ++i)
        word = word << 8 | (i < stream_.size() ? stream_[i] : 0u);
    }
    return word << (at & 7);
  }
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(stream_.size()) * 8; }

  /// The next `n` bits, 1 to 32.
  unsigned peek(int n) const noexcept { return static_cast<unsigned>(window(at_) >> (64 - n)); }
  unsigned take(int n) noexcept {
    const unsigned bits = peek(n);
    at_ += n;
    return bits;
  }
  void skip(std::int64_t n) noexcept { at_ += n; }
  void to_whole_byte() noexcept { at_ = (at_ + 7) / 8 * 8; }
  bool is_over() const noexcept { return at_ > size(); }

 private:
  Stream stream_;
  std::int64_t at_ = 0;
};

}  // namespace skyweft::io
