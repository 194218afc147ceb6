// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 300
#include <array>
#include <cstdio>
#include <random>

#include <fitsio.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_store.hpp"

/// With sanitizers no allocation may exceed 64 MiB, cfitsio's included, though the files claim far
/// more.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=64";
}

namespace skyweft::io {
namespace {

constexpr std::int64_t kMaxTestPixels = 65536;
constexpr int kMutations = 2000;

/// Reads everything there is to read; true when all was accepted.
bool survives(const std::filesystem::path& path) {
  try {
    const std::vector<std::string> all{"*"};
    const auto headers = read_headers(path, all);
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const auto name = headers[i].text("EXTNAME");
      if (!name) continue;
      const ImageReader reader{path, {.hdus = {*name}}, kMaxTestPixels, Verify::no};
      EXPECT_LE(reader.nx() * reader.ny(), kMaxTestPixels);
      std::vector<float> out(static_cast<std::size_t>(reader.nx() * reader.ny()));
      reader.read_rows(0, reader.ny(), out);
    }
    return true;
  } catch (const Error& e) {
    EXPECT_TRUE(e.code() == Errc::bad_input) << e.what();
    return false;
  }
}

/// Changes one to four bytes: bits, digits, or whole numbers in cards, anywhere or in the header of
/// the image, where changes matter more.
std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  for (std::size_t n = 1 + below(4); n > 0; --n) {
    const std::size_t reach =
        below(2) == 0 ? text.size() : std::min<std::size_t>(text.size(), 8640);
    const std::size_t at = below(reach);
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text[at] = static_cast<char>('0' + below(10));
        break;
      default: {  // the value of a card
        const std::size_t card = at / 80 * 80 + 10;
        if (card + 20 > text.size()) break;
        constexpr std::array<const char*, 8> kValues{
            "-1",          "0",  "1", "2147483647", "99999999999", "9223372036854775807",
            "-2147483648", "'X'"};
        text.replace(card, 20, fmt::format("{:>20}", kValues[below(kValues.size())]));
      }
    }
  }
  return text;
}

/// Writes `raw` as write_image() does not: whole numbers by any method in tiles of two dimensions,
/// of which those at the edges are smaller.
void write_tiles(const std::filesystem::path& path, int method, Grid<std::uint16_t>& raw) {
  fitsfile* file = nullptr;
  int status = 0;
  std::array<long, 2> axis{static_cast<long>(raw.nx()), static_cast<long>(raw.ny())};
  std::array<long, 2> tile{16, 10};
  char name[] = "RAW";
  fits_create_diskfile(&file, path.c_str(), &status);
  fits_set_compression_type(file, method, &status);
  fits_set_tile_dim(file, 2, tile.data(), &status);
  fits_create_img(file, USHORT_IMG, 2, axis.data(), &status);
  fits_write_img(file, TUSHORT, 1, raw.size(), raw.pixels().data(), &status);
  fits_update_key(file, TSTRING, "EXTNAME", name, nullptr, &status);
  fits_close_file(file, &status);
  ASSERT_EQ(status, 0);
}

class MutatedFits : public testing::TestWithParam<const char*> {};

TEST_P(MutatedFits, IsReadOrRefused) {
  const support::ScratchFolder folder{std::string{"fuzz_fits_"} + GetParam()};
  const auto path = folder / "m.fits";
  std::mt19937 random{20240101};
  std::normal_distribution<float> noise{100.0f, 5.0f};
  Grid<float> value{40, 24};
  for (float& v : value.pixels()) v = noise(random);
  Grid<std::uint16_t> raw{40, 24};
  for (auto& v : raw.pixels()) v = static_cast<std::uint16_t>(noise(random));
  const std::string kind = GetParam();
  if (kind.ends_with("_tiles")) {
    const int method = kind == "rice_tiles"        ? RICE_1
                       : kind == "gzip_tiles"      ? GZIP_1
                       : kind == "hcompress_tiles" ? HCOMPRESS_1
                                                   : PLIO_1;
    write_tiles(path, method, raw);
    const RawImage back = read_image(path);
    for (std::size_t i = 0; i < raw.pixels().size(); ++i)
      ASSERT_EQ(back.adu.pixels()[i], raw.pixels()[i]) << i;
  } else {
    Packing packing{.method = kind};
    if (kind == "lossy") packing = {.method = "rice", .q = 4.0};
    if (kind == "hcompress") packing.q = 4.0;  // without it real numbers are gzipped
    write_image(path, {{"RAW", &raw, "adu"}, {"VALUE", &value, ""}}, {}, packing);
  }
  ASSERT_TRUE(survives(path));
  const std::string sound = read_text_file(path);
  int n_refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    const auto file = folder / "x.fits";
    {
      const std::string text = mutated(sound, random);
      std::FILE* out = std::fopen(file.c_str(), "wb");
      ASSERT_NE(out, nullptr);
      std::fwrite(text.data(), 1, text.size(), out);
      std::fclose(out);
    }
    n_refused += survives(file) ? 0 : 1;
  }
  EXPECT_GT(n_refused, 0);
  EXPECT_LT(n_refused, kMutations);
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, MutatedFits,
                         testing::Values("none", "rice", "gzip", "lossy", "hcompress", "rice_tiles",
                                         "gzip_tiles", "hcompress_tiles", "plio_tiles"),
                         [](const auto& kind) { return std::string{kind.param}; });

}  // namespace
}  // namespace skyweft::io
