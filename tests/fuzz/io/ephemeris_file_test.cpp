// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/ephemeris_file.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

constexpr int kMutations = 2000;

std::string table(char separator) {
  std::string text = "# %ECSV 1.0\n# - {name: ra, unit: hourangle}\nname,jd_utc,ra,dec\n";
  for (int i = 0; i < 12; ++i)
    text += fmt::format("\"T {}\",{}.5,{}:{:02d}:30,-{}.25\n", i % 3, 2459000 + i, i, i, i);
  for (char& c : text)
    if (c == ',') c = separator;
  return text;
}

/// True when all was read; a refusal says so in printable words.
bool survives(const std::filesystem::path& file, const std::string& text) {
  std::ofstream{file, std::ios::binary} << text;
  try {
    for (const Ephemeris& one : read_ephemerides(file)) {
      EXPECT_FALSE(one.jd.empty());
      EXPECT_EQ(one.ra_deg.size(), one.jd.size());
      EXPECT_EQ(one.dec_deg.size(), one.jd.size());
      for (std::size_t i = 0; i < one.jd.size(); ++i) {
        EXPECT_TRUE(std::isfinite(one.jd[i]) && (i == 0 || one.jd[i] > one.jd[i - 1]));
        EXPECT_TRUE(one.ra_deg[i] >= 0.0 && one.ra_deg[i] <= 360.0);
        EXPECT_TRUE(std::abs(one.dec_deg[i]) <= 90.0);
      }
    }
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input) << error.what();
    EXPECT_EQ(printable(error.text()), error.text());
    return false;
  }
}

}  // namespace

TEST(EphemerisFuzz, ReadsOrRefusesWhateverComes) {
  const support::ScratchFolder folder{"skyweft_ephemeris_fuzz"};
  const auto file = folder / "t.csv";
  std::mt19937 random{11};
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  const std::array<std::string, 16> words{",",    "\n", "\"", "nan",        "-",  "1e400",
                                          "\xff", "#",  ":",  "jd_utc",     "\t", ";",
                                          "inf",  "0",  "{",  "2459000.5\n"};
  int n_read = 0, n_refused = 0;
  for (const char separator : {',', '\t', ';', ' '}) {
    const std::string good = table(separator);
    EXPECT_TRUE(survives(file, good)) << separator;
    for (int i = 0; i < kMutations / 4; ++i) {
      std::string text = good;
      for (std::size_t k = below(4) + 1; k > 0; --k) {
        const std::size_t at = below(text.size());
        switch (below(4)) {
          case 0:
            text[at] = static_cast<char>(below(256));
            break;
          case 1:
            text.insert(at, words[below(words.size())]);
            break;
          case 2:
            text.erase(at, below(20));
            break;
          default:
            text.insert(at, text.substr(below(text.size()), below(40)));
        }
        if (text.empty()) text = "\n";
      }
      (survives(file, text) ? n_read : n_refused) += 1;
    }
  }
  // Both ways are tried: most changes break a row, some only a digit.
  EXPECT_GT(n_read, kMutations / 50);
  EXPECT_GT(n_refused, kMutations / 50);
}

}  // namespace skyweft::io
