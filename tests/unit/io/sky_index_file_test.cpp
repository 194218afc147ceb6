// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/sky_index_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/digest.hpp"

namespace {

using namespace skyweft;

/// Two bands of order 0 and 1 with three stars and two quads each.
struct Made {
  std::vector<IndexStar> stars{{1, 2, 3, 4.5f}, {-1, 0, 7, 5.5f}, {9, 9, 9, 6.5f}};
  std::vector<std::uint32_t> first0 = std::vector<std::uint32_t>(13, 3);
  std::vector<std::uint32_t> first1 = std::vector<std::uint32_t>(49, 3);
  std::vector<QuadCode> codes{{0.1f, 0.2f, 0.3f, 0.4f}, {0.5f, 0.6f, 0.7f, 0.8f}};
  std::vector<QuadStars> quads{{0, 1, 2, 0}, {2, 1, 0, 2}};
  SkyIndex about{.epoch_yr = 2016.0,
                 .low_deg = 5.0,
                 .high_deg = 25.0,
                 .catalog_digest = std::string(32, 'a'),
                 .bands = {}};

  void write(const std::filesystem::path& path) const {
    io::SkyIndexWriter writer{path, about};
    writer.add({0.1, 0, stars, first0, codes, quads});
    writer.add({0.2, 1, stars, first1, codes, quads});
    writer.close();
  }
};

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

std::string refusal(const std::filesystem::path& path) {
  try {
    io::SkyIndexFile{path}.verify();
  } catch (const Error& e) {
    return e.test() ? e.test()->name : "io";
  }
  return "";
}

TEST(SkyIndexFile, GivesBackWhatWasWritten) {
  const Made made;
  made.write("a.skyindex");
  const io::SkyIndexFile file{"a.skyindex"};
  file.verify();
  const SkyIndex& index = file.index();
  EXPECT_EQ(index.epoch_yr, 2016.0);
  EXPECT_EQ(index.low_deg, 5.0);
  EXPECT_EQ(index.high_deg, 25.0);
  EXPECT_EQ(index.catalog_digest, std::string(32, 'a'));
  ASSERT_EQ(index.bands.size(), 2u);
  EXPECT_EQ(index.n_quad(), 4);
  EXPECT_EQ(index.bands[1].low_rad, 0.2);
  EXPECT_EQ(index.bands[1].order, 1);
  EXPECT_TRUE(std::ranges::equal(index.bands[1].stars, made.stars));
  EXPECT_TRUE(std::ranges::equal(index.bands[1].first_star, made.first1));
  EXPECT_TRUE(std::ranges::equal(index.bands[1].codes, made.codes));
  EXPECT_TRUE(std::ranges::equal(index.bands[0].quads, made.quads));
}

TEST(SkyIndexFile, HasTheSameBytesTwice) {
  Made{}.write("b1.skyindex");
  Made{}.write("b2.skyindex");
  EXPECT_EQ(bytes_of("b1.skyindex"), bytes_of("b2.skyindex"));
}

TEST(SkyIndexFile, RefusesEveryDamage) {
  Made{}.write("c.skyindex");
  const std::string good = bytes_of("c.skyindex");
  const auto refused_with = [&](std::string bytes) {
    put("d.skyindex", bytes);
    return refusal("d.skyindex");
  };
  EXPECT_EQ(refusal("absent.skyindex"), "io");
  EXPECT_EQ(refused_with(""), "file_bytes");
  EXPECT_EQ(refused_with(good.substr(0, good.size() - 1)), "file_bytes");
  EXPECT_EQ(refused_with(good + "x"), "file_bytes");
  std::string bad = good;
  bad[0] = 'X';
  EXPECT_EQ(refused_with(bad), "magic");
  bad = good;
  bad[8] = 2;  // version
  EXPECT_EQ(refused_with(bad), "version");
  for (const std::size_t at :
       {std::size_t{16}, std::size_t{40}, std::size_t{130}, std::size_t{4000}}) {
    bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_EQ(refused_with(bad), "checksum") << at;
  }
  for (std::size_t at = 4096; at < good.size(); at += 37) {
    bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_EQ(refused_with(bad), "digest") << at;
  }
}

TEST(SkyIndexFile, RefusesRangesOutsideTheFileUnderARightChecksum) {
  Made{}.write("e.skyindex");
  std::string bytes = bytes_of("e.skyindex");
  // n_star of the first band: 120 bytes of header before the records, 16 into the record.
  bytes[120 + 16 + 6] = 0x7f;
  const std::string sum = io::digest_of_text(std::string_view{bytes}.substr(0, 4064));
  bytes.replace(4064, 32, sum);
  put("f.skyindex", bytes);
  EXPECT_EQ(refusal("f.skyindex"), "file_bytes");
}

TEST(SkyIndexWriter, RefusesSpansThatDoNotFit) {
  const Made made;
  io::SkyIndexWriter writer{"g.skyindex", made.about};
  EXPECT_THROW(writer.add({0.1, 1, made.stars, made.first0, made.codes, made.quads}), Error);
  EXPECT_FALSE(std::filesystem::exists("g.skyindex"));
}

}  // namespace
