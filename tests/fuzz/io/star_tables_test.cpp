// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 300
#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "io/star_reader.hpp"
#include "support/io_store.hpp"

/// With sanitizers no allocation may exceed 64 MiB, though the files claim far more.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=64";
}

namespace skyweft::io {
namespace {

constexpr int kMutations = 2500;
constexpr int kRows = 20;

std::string csv(char separator) {
  std::string text = "# %ECSV 1.0\n# - {name: pmra, unit: mas/yr}\nid,ra,dec,mag,pmra,name,plx\n";
  for (int i = 0; i < kRows; ++i)
    text += fmt::format("{},{}.5,-{}.25,{},null,\"a, {}\",\n", i + 1, i, i, 9.5 + i, i);
  for (char& c : text)
    if (c == ',') c = separator;
  return text;
}

std::string votable(bool is_binary) {
  std::string text =
      "<?xml version='1.0'?>\n<VOTABLE><RESOURCE><COOSYS ID='c' epoch='J2016'/><TABLE>"
      "<FIELD name='ra' ref='c' datatype='double' unit='deg'/>"
      "<FIELD name='dec' datatype='float' unit='deg'/>"
      "<FIELD name='id' datatype='int'><VALUES null='-1'/></FIELD>"
      "<FIELD name='t' datatype='char' arraysize='*'/>"
      "<FIELD name='mag' datatype='float'/><DATA>";
  if (!is_binary) {
    text += "<TABLEDATA>";
    for (int i = 0; i < kRows; ++i)
      text += fmt::format(
          "<TR><TD>{}.5</TD><TD>-{}.25</TD><TD>{}</TD><TD>a &lt; b</TD><TD>{}</TD></TR>\n", i, i,
          i + 1, 9.5 + i);
    return text + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
  }
  // 1.0, 1.0f, 7, "ab", 1.0f is 26 bytes; three rows are 104 digits without padding.
  text += "<BINARY><STREAM encoding='base64'>\n";
  for (int i = 0; i < kRows; ++i)
    text +=
        "P/AAAAAAAAA/gAAAAAAABwAAAAJhYj+AAAA/8AAAAAAAAD+AAAAAAAAHAAAAAmFiP4AAAD/wAAAAAAAAP4AA"
        "AAAAAAcAAAACYWI/gAAA\n";
  return text + "</STREAM></BINARY></DATA></TABLE></RESOURCE></VOTABLE>";
}

std::string tycho() {
  std::string text;
  for (int i = 0; i < kRows; ++i)
    text += fmt::format(
        "0001 0000{} 1| |  2.3175049{}|  2.23184345|  -16.3|   -9.0| 68| 73| 1.7| 1.8|1958.89|"
        "1951.94| 4|1.0|1.0|0.9|1.0|12.146|0.158|12.146|0.223|999| |         |  2.31754222|"
        "  2.23186444|1.67|1.54| 88.0|100.8| |-0.2\n",
        i % 10, i % 10);
  return text;
}

StarCatalog some_stars() {
  StarCatalog s;
  s.epoch_yr = 2016.0;
  s.extra.push_back({"ruwe", {}});
  for (int i = 0; i < kRows; ++i) {
    s.id.push_back(i + 1);
    s.ra_deg.push_back(i);
    s.dec_deg.push_back(-i);
    s.pm_ra_mas_yr.push_back(1.0);
    s.pm_dec_mas_yr.push_back(1.0);
    s.mag.push_back(9.5F);
    s.colour.push_back(0.5F);
    s.parallax_mas.push_back(1.0F);
    s.extra[0].value.push_back(1.0F);
  }
  return s;
}

class StarTableFuzz : public testing::Test {
 protected:
  /// True when all was read; a refusal says so in printable words.
  bool survives(const std::string& text, const StarMapping& mapping) {
    std::ofstream{file_, std::ios::binary} << text;  // write_text_file() waits for the disk
    try {
      read_star_batches(file_, mapping, [](const StarCatalog& batch) {
        for (std::size_t i = 0; i < batch.id.size(); ++i) {
          EXPECT_TRUE(batch.ra_deg[i] >= 0.0 && batch.ra_deg[i] <= 360.0);
          EXPECT_TRUE(batch.dec_deg[i] >= -90.0 && batch.dec_deg[i] <= 90.0);
          EXPECT_TRUE(std::isfinite(batch.mag[i]) && std::isfinite(batch.parallax_mas[i]));
          EXPECT_TRUE(std::isfinite(batch.pm_ra_mas_yr[i]));
        }
        for (const NamedColumn& column : batch.extra)
          EXPECT_EQ(column.value.size(), batch.id.size());
      });
      return true;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::bad_input || error.code() == Errc::bad_config)
          << error.what();
      EXPECT_EQ(printable(error.text()), error.text());
      return false;
    }
  }

  std::string mutated(std::string text, const std::vector<std::string>& words) {
    const auto below = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
    };
    for (std::size_t n = 1 + below(4); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 1:
          text[at] = static_cast<char>(below(256));
          break;
        case 2:
          text.erase(at, 1 + below(30));
          break;
        case 3:
          text.insert(at, words[below(words.size())]);
          break;
        case 4:
          text.insert(at, text.substr(below(text.size()), below(200)));
          break;
        default:
          if (below(20) == 0) text.resize(at);
      }
    }
    return text;
  }

  /// Reads thousands of mutants of `text`; some must survive and some not, or nothing is tested.
  void fuzz(const std::string& text, const StarMapping& mapping,
            const std::vector<std::string>& words) {
    ASSERT_TRUE(survives(text, mapping));
    int n_read = 0;
    for (int i = 0; i < kMutations; ++i) n_read += survives(mutated(text, words), mapping) ? 1 : 0;
    EXPECT_GT(n_read, kMutations / 100);
    EXPECT_LT(n_read, kMutations - kMutations / 100);
  }

  support::ScratchFolder dir_{"skyweft_star_fuzz"};
  std::filesystem::path file_ = dir_ / "stars";
  std::mt19937 random_{2718};
};

const std::vector<std::string> kTextWords{",",
                                          "\"",
                                          "\n",
                                          "\r\n",
                                          "#",
                                          "null",
                                          "nan",
                                          "inf",
                                          "1e999",
                                          "-1e308",
                                          "99999999999999999999",
                                          "$",
                                          "|",
                                          "\t",
                                          " ",
                                          "--",
                                          "\xff",
                                          "\x1b[",
                                          "0x1",
                                          "12:30",
                                          "# - {name: ra, unit: h}\n",
                                          ";"};
const std::vector<std::string> kXmlWords{"<TR>",
                                         "</TR>",
                                         "<TD>",
                                         "</TD>",
                                         "<TABLE>",
                                         "</TABLE>",
                                         "<TABLEDATA>",
                                         "<FIELD/>",
                                         "<!--",
                                         "<![CDATA[",
                                         "&#0;",
                                         "&a;",
                                         "<DATA>",
                                         "</DATA>",
                                         "<BINARY>",
                                         "AAAA",
                                         "////",
                                         "arraysize='9*'",
                                         "datatype='bit'",
                                         "<STREAM>",
                                         "</STREAM>",
                                         "</BINARY>",
                                         "<FIELD name='x' datatype='long'/>",
                                         "<TR/>",
                                         "null='1e9'",
                                         "2147483647"};

TEST_F(StarTableFuzz, OfTextIsReadOrRefused) {
  fuzz(csv(','), {.filter = "mag < 20 or name == 'x'", .keep = {"*"}}, kTextWords);
  fuzz(csv(';'), {.mag = "mag + 1", .keep = {"plx", "twice = 2 * pmra"}}, kTextWords);
  fuzz(tycho(), {}, kTextWords);
}

TEST_F(StarTableFuzz, OfVotableIsReadOrRefused) {
  fuzz(votable(false), {.keep = {"*"}}, kXmlWords);
  fuzz(votable(true), {.filter = "t == 'ab'"}, kXmlWords);
}

TEST_F(StarTableFuzz, OfFitsIsReadOrRefused) {
  write_star_table(dir_ / "good", some_stars());
  std::string text = read_text_file(dir_ / "good");
  // Without checksums, which would refuse nearly every mutant before it is understood.
  for (const std::string_view word : {"CHECKSUM", "DATASUM "})
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at)
      text.replace(at, 8, "COMMENT ");
  ASSERT_TRUE(survives(text, {.keep = {"*"}}));
  int n_read = 0;
  for (int i = 0; i < kMutations; ++i) {
    std::string mutant = text;
    const auto below = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
    };
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(mutant.size());
      constexpr std::array<const char*, 8> kValues{
          "-1", "0", "2147483647", "99999999999", "'9999999A'", "'1PE(99)'", "'300X    '", "'1C'"};
      const std::size_t card = at / 80 * 80 + 10;
      if (below(2) == 0)
        mutant[at] = static_cast<char>(below(256));
      else if (card + 20 < mutant.size())
        mutant.replace(card, 20, fmt::format("{:>20}", kValues[below(kValues.size())]));
    }
    n_read += survives(mutant, {.keep = {"*"}}) ? 1 : 0;
  }
  EXPECT_GT(n_read, kMutations / 100);
  EXPECT_LT(n_read, kMutations - kMutations / 100);
}

}  // namespace
}  // namespace skyweft::io
