// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// A star store with damaged files is refused or answers; it never crashes, hangs or eats memory.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"
#include "support/io_star_store.hpp"

namespace skyweft::io {
namespace {

constexpr std::uint64_t kSeed = 27182818;

class DamagedStore : public ::testing::Test {
 protected:
  void SetUp() override {
    stars_ = support::awkward_stars(1200, kSeed);
    made_ = support::make_store(folder_ / "s", stars_, {.max_part_bytes = 30000});
    ASSERT_GE(made_.parts.size(), 2U);
  }
  void write(const std::string& file, const std::string& text) {
    std::ofstream{folder_ / "s" / file, std::ios::binary} << text;
  }
  /// Opens, asks and checks; what is thrown must be an Error about the input.
  bool is_refused() {
    bool refused = false;
    try {
      const StarTiles store{folder_ / "s"};
      const SkyPos centre{Angle::from_deg(121.0), Angle::from_deg(41.0)};
      EXPECT_LE(store.cone(centre, Angle::from_deg(180.0)).size(), stars_.size());
      EXPECT_LE(store.cone(centre, Angle::from_deg(5.0), {.faint_limit_mag = 15.0f}).size(),
                stars_.size());
      EXPECT_LE(store.cone(centre, Angle::from_deg(180.0), {.max_stars = 50}).size(), 50);
      store.covers(centre, Angle::from_deg(20.0));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::bad_input) << error.what();
      refused = true;
    }
    return refused;
  }
  bool is_found_by_check() {
    try {
      return !check_star_tiles(folder_ / "s").empty();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::bad_input) << error.what();
      return true;
    }
  }
  support::TestFolder folder_{"damaged_store"};
  StarCatalog stars_;
  StarManifest made_;
};

TEST_F(DamagedStore, TruncatedPartsAreRefused) {
  std::mt19937_64 random{kSeed};
  const std::string file = made_.parts.back().file;
  const std::string good = read_text_file(folder_ / "s" / file);
  for (int k = 0; k < 30; ++k) {
    write(file, good.substr(0, random() % good.size()));
    EXPECT_TRUE(is_refused());
    EXPECT_TRUE(is_found_by_check());
  }
  write(file, good + std::string(2880, '\0'));
  EXPECT_TRUE(is_refused());
}

TEST_F(DamagedStore, FlippedBitsInPartsAreFoundByCheckAndHarmless) {
  std::mt19937_64 random{kSeed + 1};
  const std::string file = made_.parts.front().file;
  const std::string good = read_text_file(folder_ / "s" / file);
  int n_refused = 0;
  for (int k = 0; k < 120; ++k) {
    std::string bad = good;
    const int n_flip = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < n_flip; ++i) {
      // Half of them in the tables behind the rows and in the headers.
      const std::size_t at =
          k % 2 == 0 ? random() % bad.size() : bad.size() - 1 - random() % (bad.size() / 3);
      bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1U << random() % 8));
    }
    if (bad == good) continue;  // the same bit twice
    write(file, bad);
    n_refused += is_refused() ? 1 : 0;
    EXPECT_TRUE(is_found_by_check());
  }
  EXPECT_GT(n_refused, 12);
}

TEST_F(DamagedStore, ManifestsWithFlippedBytesOrCutShortAreRefused) {
  std::mt19937_64 random{kSeed + 2};
  const std::string good = read_text_file(folder_ / "s" / kManifestName);
  for (int k = 0; k < 120; ++k) {
    std::string bad = good;
    if (k % 3 == 0)
      bad.resize(random() % (bad.size() - 1));
    else
      bad[random() % bad.size()] = static_cast<char>(random() % 256);
    write(kManifestName, bad);
    // A blank that becomes another blank, or the same byte again, changes nothing.
    if (is_refused()) continue;
    EXPECT_EQ(read_star_manifest(folder_ / "s").n_star, made_.n_star);
    EXPECT_NE(k % 3, 0) << "a manifest cut short was taken";
  }
}

TEST_F(DamagedStore, ForgedManifestsAreRefused) {
  // With a digest that fits, so that the numbers themselves are put to the test.
  const std::string good = read_text_file(folder_ / "s" / kManifestName);
  const StarPart part = made_.parts.front();
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {fmt::format("\"rows\": {}", part.n_row), "\"rows\": 9000000000000000000"},
           {fmt::format("\"rows\": {}", part.n_row), "\"rows\": -1"},
           {fmt::format("\"tiles\": {}", part.n_tile), "\"tiles\": 4000000000"},
           {fmt::format("\"marks\": {}", part.n_mark), "\"marks\": 0"},
           {fmt::format("\"first_tile\": {}", part.first_tile), "\"first_tile\": -5"},
           {fmt::format("\"last_tile\": {}", part.last_tile), "\"last_tile\": 12288"},
           {part.file, "../elsewhere.fits"},
           {part.file, "manifest.json"},
           {"\"ruwe\"\n", "\"ruwe\", \"more\"\n"},
           {"\"epoch_yr\": 2016.0", "\"epoch_yr\": 2017.0"},
           {"\"epoch_yr\": 2016.0", "\"epoch_yr\": \"x\""},
           {fmt::format("\"stars\": {}", made_.n_star), "\"stars\": 5"},
           {"\"order\": 5", "\"order\": 7"}}) {
    std::string bad = good;
    const std::size_t at = bad.rfind(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, from.size(), to);
    auto json = nlohmann::ordered_json::parse(bad);
    json.erase("digest");
    json["digest"] = digest_of_text(json.dump());
    write(kManifestName, json.dump(1));
    EXPECT_TRUE(is_refused()) << from << " -> " << to;
    EXPECT_TRUE(is_found_by_check()) << from << " -> " << to;
  }
}

}  // namespace
}  // namespace skyweft::io
