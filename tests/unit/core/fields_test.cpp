// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/fields.hpp"

#include <charconv>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

struct Sample {
  bool on = false;
  int rounds = 3;
  std::int64_t many = 4;
  double clip = 4.0;
  double longitude = kNaN;
  std::string mode = "fast";
  std::vector<double> radii{1.0, 2.5};
  std::vector<std::string> steps{"a"};

  static constexpr auto fields() {
    return std::tuple{field("on", &Sample::on, "", "switch"),
                      field("rounds", &Sample::rounds, "", "rounds", at_least(1)),
                      field("many", &Sample::many, "", "many"),
                      field("clip", &Sample::clip, "sigma", "clip further than this", positive),
                      field("longitude", &Sample::longitude, "deg", "east", between(-180, 360)),
                      field("mode", &Sample::mode, "", "speed", one_of("fast|slow")),
                      field("radii", &Sample::radii, "px", "radii", positive),
                      field("steps", &Sample::steps, "", "steps", one_of("a|b"))};
  }
};

using Used = std::set<std::string, std::less<>>;

Sample read(const std::string& key, ConfigScalar value) {
  const ConfigTable table{{"s." + key, {std::move(value), "night.toml:12"}}};
  Sample sample;
  Used used;
  read_section(table, "s", sample, used);
  EXPECT_TRUE(used.contains("s." + key));
  return sample;
}

std::string error_of(const std::string& key, ConfigScalar value) {
  try {
    read(key, std::move(value));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_config);
    EXPECT_NE(e.text().find("s." + key), std::string::npos);
    EXPECT_NE(e.text().find("night.toml:12"), std::string::npos);
    return e.text();
  }
  return "";
}

using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

TEST(ReadSection, SetsEveryTypeOfOption) {
  EXPECT_TRUE(read("on", true).on);
  EXPECT_EQ(read("rounds", std::int64_t{9}).rounds, 9);
  EXPECT_EQ(read("many", std::int64_t{1} << 40).many, std::int64_t{1} << 40);
  EXPECT_EQ(read("clip", 2.5).clip, 2.5);
  EXPECT_EQ(read("mode", std::string{"slow"}).mode, "slow");
  EXPECT_EQ(read("radii", Numbers{3, 4}).radii, (Numbers{3, 4}));
  EXPECT_EQ(read("steps", Texts{"b", "a"}).steps, (Texts{"b", "a"}));
}

TEST(ReadSection, TakesAWholeNumberAsANumberAndOneValueAsAList) {
  EXPECT_EQ(read("clip", std::int64_t{3}).clip, 3.0);
  EXPECT_EQ(read("radii", std::int64_t{3}).radii, Numbers{3});
  EXPECT_EQ(read("steps", std::string{"b"}).steps, Texts{"b"});
  EXPECT_EQ(read("steps", Numbers{}).steps, Texts{});
  EXPECT_EQ(read("radii", Texts{}).radii, Numbers{});
}

TEST(ReadSection, LeavesTheDefaultsOfWhatIsNotMentioned) {
  const Sample sample = read("clip", 2.5);
  EXPECT_EQ(sample.rounds, 3);
  EXPECT_EQ(sample.mode, "fast");
}

TEST(ReadSection, RefusesTheWrongType) {
  EXPECT_NE(error_of("on", std::int64_t{1}), "");
  EXPECT_NE(error_of("rounds", 2.0), "");
  EXPECT_NE(error_of("clip", std::string{"4"}), "");
  EXPECT_NE(error_of("mode", true), "");
  EXPECT_NE(error_of("radii", Texts{"a"}), "");
  EXPECT_NE(error_of("steps", Numbers{1}), "");
}

TEST(ReadSection, RefusesWhatIsOutOfRange) {
  EXPECT_NE(error_of("clip", 0.0).find("must be > 0"), std::string::npos);
  EXPECT_NE(error_of("longitude", 361.0).find(">= -180 and <= 360"), std::string::npos);
  EXPECT_NE(error_of("rounds", std::int64_t{0}), "");
  EXPECT_NE(error_of("rounds", std::int64_t{1} << 40), "");
  EXPECT_NE(error_of("clip", kNaN), "");
  EXPECT_NE(error_of("radii", Numbers{1, -1}), "");
}

TEST(ReadSection, AcceptsTheEndsOfAClosedRange) {
  EXPECT_EQ(read("longitude", -180.0).longitude, -180.0);
  EXPECT_EQ(read("longitude", 360.0).longitude, 360.0);
}

TEST(ReadSection, ListsTheChoicesWhenItRefusesOne) {
  EXPECT_NE(error_of("mode", std::string{"fas"}).find("fast, slow"), std::string::npos);
  EXPECT_NE(error_of("steps", Texts{"a", "c"}).find("a, b"), std::string::npos);
}

TEST(ReadSection, LetsAnUnsetNumberStayUnset) {
  EXPECT_TRUE(std::isnan(read("longitude", kNaN).longitude));
}

TEST(RefuseUnknown, NamesTheKeyItsOriginAndTheNearestName) {
  const ConfigTable table{{"s.clip", {1.0, "a:1"}}, {"s.ronds", {1.0, "night.toml:7"}}};
  try {
    refuse_unknown(table, Used{"s.clip"}, {"s.clip", "s.rounds", "s.mode"});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.text(), "unknown option s.ronds (night.toml:7); did you mean s.rounds?");
  }
  EXPECT_NO_THROW(refuse_unknown(table, Used{"s.clip", "s.ronds"}, {}));
}

TEST(NearestName, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("clop", {"clip", "rounds"}), "clip");
  EXPECT_EQ(nearest_name("zzzzzz", {"clip", "rounds"}), "");
  EXPECT_EQ(nearest_name("clip", {}), "");
}

TEST(ToToml, WritesTheShortestDecimalThatReadsBackTheSame) {
  EXPECT_EQ(to_toml(0.1), "0.1");
  EXPECT_EQ(to_toml(3.0), "3.0");
  EXPECT_EQ(to_toml(-0.0), "-0.0");
  for (const double v : {0.1 + 0.2, 1.0 / 3.0, 1e300, 5e-324, 123456789.0, 2460000.5, -1e16}) {
    const std::string text = to_toml(v);
    double back = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    EXPECT_EQ(back, v) << text;
    EXPECT_NE(text.find_first_of(".e"), std::string::npos) << text << " reads as an integer";
  }
}

TEST(ToToml, SpellsEveryType) {
  EXPECT_EQ(to_toml(true), "true");
  EXPECT_EQ(to_toml(std::int64_t{-3}), "-3");
  EXPECT_EQ(to_toml(kNaN), "nan");
  EXPECT_EQ(to_toml(-HUGE_VAL), "-inf");
  EXPECT_EQ(to_toml(Numbers{1, 2.5}), "[1.0, 2.5]");
  EXPECT_EQ(to_toml(Texts{"a", "b\"c"}), "[\"a\", \"b\\\"c\"]");
  EXPECT_EQ(to_toml(std::string{"a\\\n\x7f"}), "\"a\\\\\\u000a\\u007f\"");
}

TEST(DescribeSection, ShowsKeyTypeValueUnitMeaningAndChoices) {
  std::vector<OptionText> out;
  describe_section("s", Sample{}, out);
  ASSERT_EQ(out.size(), 8U);
  EXPECT_EQ(out[3].key, "s.clip");
  EXPECT_EQ(out[3].type, "number");
  EXPECT_EQ(out[3].value, "4.0");
  EXPECT_EQ(out[3].unit, "sigma");
  EXPECT_EQ(out[3].meaning, "clip further than this");
  EXPECT_EQ(out[5].choices, "fast|slow");
  EXPECT_EQ(out[1].type, "integer");
  EXPECT_EQ(dotted("", "clip"), "clip");
}

}  // namespace
