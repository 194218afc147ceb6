// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_streams.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

namespace skyweft::io {
namespace {

using Bytes = std::vector<unsigned char>;

bool rice_fits(const Bytes& bytes, std::int64_t n_pixel, std::int64_t block, int pixel_bytes) {
  const std::array<Stream, 1> one{bytes};
  return first_unfit_rice(one, n_pixel, block, pixel_bytes) == 1;
}

TEST(RiceStream, EndsWithItsLastBit) {
  // 100, 101, 100 in 2 bytes each: 100 as it is, then the code length 0 as 0001 and differences 0,
  // 1, -1 as the numbers 0, 2, 1 of zeros before a one: 1 001 01. That is 10 bits.
  EXPECT_TRUE(rice_fits({0, 100, 0x19, 0x40}, 3, 32, 2));
  EXPECT_TRUE(rice_fits({0, 100, 0x19, 0x40, 0}, 3, 32, 2));
  EXPECT_FALSE(rice_fits({0, 100, 0x19}, 3, 32, 2));
  EXPECT_FALSE(rice_fits({0, 100, 0x19, 0x00}, 3, 32, 2));  // the last one is missing
  EXPECT_FALSE(rice_fits({0, 100}, 3, 32, 2));
  EXPECT_FALSE(rice_fits({}, 3, 32, 2));
  // The same in blocks of 1 pixel, each with its length: 0001 1, 0001 001, 0001 01 are 18 bits.
  EXPECT_TRUE(rice_fits({0, 100, 0x18, 0x91, 0x40}, 3, 1, 2));
  EXPECT_FALSE(rice_fits({0, 100, 0x18, 0x91}, 3, 1, 2));
}

TEST(RiceStream, OfEqualPixelsHasOnlyLengths) {
  // Code 0: no bits for the block. 64 pixels in blocks of 32 take 2 codes of 3, 4 or 5 bits.
  EXPECT_TRUE(rice_fits({7, 0}, 64, 32, 1));
  EXPECT_FALSE(rice_fits({7, 0}, 96, 32, 1));  // 9 bits
  EXPECT_TRUE(rice_fits({0, 7, 0}, 64, 32, 2));
  EXPECT_FALSE(rice_fits({0, 0, 0, 7, 0}, 64, 32, 4));  // 10 bits
}

TEST(RiceStream, OfNoiseHasWholePixels) {
  // The highest code that is used means differences as they are: 3 + 8, 4 + 16, 5 + 32 bits.
  EXPECT_TRUE(rice_fits({7, 0xe0, 0}, 1, 32, 1));
  EXPECT_FALSE(rice_fits({7, 0xe0}, 1, 32, 1));
  EXPECT_TRUE(rice_fits({0, 7, 0xf0, 0, 0}, 1, 32, 2));
  EXPECT_FALSE(rice_fits({0, 7, 0xf0, 0}, 1, 32, 2));
  EXPECT_TRUE(rice_fits({0, 0, 0, 7, 0xd0, 0, 0, 0, 0}, 1, 32, 4));
  EXPECT_FALSE(rice_fits({0, 0, 0, 7, 0xd0, 0, 0, 0}, 1, 32, 4));
}

/// The slow, obvious twin: bit by bit.
bool twin_fits(const Bytes& bytes, std::int64_t n_pixel, std::int64_t block, int pixel_bytes) {
  const auto head = static_cast<std::size_t>(pixel_bytes);
  if (bytes.size() <= head) return false;
  std::size_t at = 8 * head;
  const auto next = [&] {
    const bool bit = at < 8 * bytes.size() && (bytes[at / 8] >> (7 - at % 8) & 1) != 0;
    ++at;
    return bit;
  };
  const int length_bits = pixel_bytes == 1 ? 3 : pixel_bytes == 2 ? 4 : 5;
  const int direct = pixel_bytes == 1 ? 7 : pixel_bytes == 2 ? 15 : 26;
  for (std::int64_t i = 0; i < n_pixel; i += block) {
    int code = 0;
    for (int k = 0; k < length_bits; ++k) code = 2 * code + (next() ? 1 : 0);
    for (std::int64_t k = i; k < std::min(n_pixel, i + block) && code > 0; ++k) {
      if (code == direct) {
        at += 8 * head;
        continue;
      }
      while (!next())
        if (at > 8 * bytes.size()) return false;
      at += static_cast<std::size_t>(code - 1);
    }
  }
  return at <= 8 * bytes.size();
}

TEST(RiceStream, AgreesWithItsTwin) {
  std::mt19937 random{11};
  const auto below = [&](int n) { return std::uniform_int_distribution{0, n - 1}(random); };
  int n_fit = 0;
  int n_unfit = 0;
  for (int round = 0; round < 4000; ++round) {
    const int pixel_bytes = 1 << below(3);
    const std::int64_t block = below(2) == 0 ? 32 : 1 + below(70);
    const std::int64_t n_pixel = 1 + below(200);
    // Few ones make long runs of zeros; 0 to 6 of 8 bits are cleared.
    std::vector<Bytes> bytes(static_cast<std::size_t>(1 + below(9)));
    std::vector<Stream> streams;
    const int n_sparse = below(4);
    for (Bytes& one : bytes) {
      one.resize(static_cast<std::size_t>(below(400)));
      for (unsigned char& byte : one) {
        byte = static_cast<unsigned char>(below(256));
        for (int k = 0; k < n_sparse; ++k) byte &= static_cast<unsigned char>(below(256));
      }
      streams.emplace_back(one);
    }
    std::size_t wanted = 0;
    while (wanted < bytes.size() && twin_fits(bytes[wanted], n_pixel, block, pixel_bytes)) ++wanted;
    ASSERT_EQ(first_unfit_rice(streams, n_pixel, block, pixel_bytes), wanted)
        << "round " << round << ": " << n_pixel << " pixels in blocks of " << block << " of "
        << pixel_bytes << " bytes";
    (wanted == bytes.size() ? n_fit : n_unfit) += 1;
  }
  EXPECT_GT(n_fit, 100);
  EXPECT_GT(n_unfit, 100);
}

/// Magic, sides, scale 0, sum 0, bit planes of the quadrants, then `codes`.
Bytes hcompress(unsigned char nx, unsigned char ny, std::array<unsigned char, 3> planes,
                const Bytes& codes) {
  Bytes bytes(25 + codes.size(), 0);
  bytes[0] = 0xdd;
  bytes[1] = 0x99;
  bytes[5] = nx;
  bytes[9] = ny;
  std::ranges::copy(planes, bytes.begin() + 22);
  std::ranges::copy(codes, bytes.begin() + 25);
  return bytes;
}

TEST(HcompressStream, EndsWithItsSigns) {
  // Without planes there is only the end mark, 0 in 4 bits.
  EXPECT_TRUE(hcompress_fits(hcompress(2, 2, {0, 0, 0}, {0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {0, 0, 0}, {}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {0, 0, 0}, {0x10}), 4, 32));
  // One plane of one pixel: 1111 (coded), 011 (the pixel is set), 0000 (end); its sign follows in a
  // byte of its own.
  EXPECT_TRUE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0xf6, 0, 0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0xf6, 0}), 4, 32));
  // 1111, 111110 (nothing is set), 0000.
  EXPECT_TRUE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0xff, 0x80}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0xff}), 4, 32));
  // 0000 (not coded), 1000 (set), 0000.
  EXPECT_TRUE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0x08, 0, 0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0x08, 0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {1, 0, 0}, {0x58, 0, 0}), 4, 32));  // no such kind
}

TEST(HcompressStream, OfOtherSizesIsRefused) {
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {0, 0, 0}, {0}), 5, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 3, {0, 0, 0}, {0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(1, 4, {0, 0, 0}, {0}), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(0, 0, {0, 0, 0}, {0}), 4, 32));
  const Bytes many(100, 0);
  EXPECT_TRUE(hcompress_fits(hcompress(2, 2, {32, 0, 0}, many), 4, 32));
  EXPECT_FALSE(hcompress_fits(hcompress(2, 2, {33, 0, 0}, many), 4, 32));
}

TEST(PlioList, NamesItsLength) {
  const auto list = [](std::initializer_list<int> words) {
    Bytes bytes;
    for (const int w : words) {
      bytes.push_back(static_cast<unsigned char>(w >> 8));
      bytes.push_back(static_cast<unsigned char>(w));
    }
    return bytes;
  };
  constexpr int kThreeOnes = 0x4003;
  EXPECT_TRUE(plio_fits(list({0, 7, -100, 8, 0, 0, 0, kThreeOnes})));
  EXPECT_FALSE(plio_fits(list({0, 7, -100, 9, 0, 0, 0, kThreeOnes})));
  EXPECT_FALSE(plio_fits(list({0, 7, -100, 8, 1, 0, 0, kThreeOnes})));
  EXPECT_FALSE(plio_fits(list({0, -1, -100, 8, 0, 0, 0, kThreeOnes})));
  EXPECT_FALSE(plio_fits(list({0, 7, -100, 8, 0, 0, 0, 0x1005})));  // its second word is missing
  EXPECT_TRUE(plio_fits(list({0, 7, -100, 9, 0, 0, 0, 0x1005, 2})));
  EXPECT_TRUE(plio_fits(list({0, 0, 4, kThreeOnes})));  // the older form
  EXPECT_FALSE(plio_fits(list({0, 0, 5, kThreeOnes})));
  EXPECT_FALSE(plio_fits(list({0, 7})));
}

TEST(GzipStream, HasOneSizeOrNone) {
  const Bytes plain(1000, 3);
  Bytes packed(200);
  z_stream z{};
  ASSERT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = const_cast<unsigned char*>(plain.data());
  z.avail_in = 1000;
  z.next_out = packed.data();
  z.avail_out = 200;
  ASSERT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  EXPECT_EQ(gunzipped_size(packed, 1000), 1000);
  EXPECT_EQ(gunzipped_size(packed, 999), std::nullopt);
  for (std::size_t n = 0; n < packed.size(); ++n)
    EXPECT_EQ(gunzipped_size(Stream{packed}.first(n), 1000), std::nullopt) << n;
}

}  // namespace
}  // namespace skyweft::io
