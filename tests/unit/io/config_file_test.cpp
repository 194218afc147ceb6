// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/config_file.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/camera.hpp"

namespace skyweft::io {
namespace {

TEST(Config, TablesBecomeDottedKeysWithLines) {
  const ConfigTable table =
      parse_config("a = 1\n[b]\nc = [1, 2.5]\n[b.d]\ne = [\"x\"]\n", "night.toml");
  EXPECT_EQ(std::get<std::int64_t>(table.at("a").value), 1);
  EXPECT_EQ(std::get<std::vector<double>>(table.at("b.c").value), (std::vector<double>{1.0, 2.5}));
  EXPECT_EQ(table.at("b.c").origin, "night.toml:3");
  EXPECT_EQ(std::get<std::vector<std::string>>(table.at("b.d.e").value),
            std::vector<std::string>{"x"});
}

TEST(Config, MistakesAreLocated) {
  for (const char* text :
       {"a = \n", "a = 1979-05-27", "a = [1, \"x\"]", "a = [[1]]", "a = 1\na = 2"}) {
    try {
      parse_config(text, "night.toml");
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_config);
      EXPECT_NE(e.text().find("night.toml:"), std::string::npos) << e.text();
    }
  }
}

TEST(Override, ReadsValuesAndBareWords) {
  ConfigTable table;
  set_override(table, "a.b=3.5");
  set_override(table, "a.c = hello world");
  set_override(table, "a.d=[1,2]");
  set_override(table, "a.e=2017-12-20");
  EXPECT_EQ(std::get<double>(table.at("a.b").value), 3.5);
  EXPECT_EQ(std::get<std::string>(table.at("a.c").value), "hello world");
  EXPECT_EQ(std::get<std::vector<double>>(table.at("a.d").value).size(), 2u);
  EXPECT_EQ(std::get<std::string>(table.at("a.e").value), "2017-12-20");
  EXPECT_EQ(table.at("a.b").origin, "--set");
  EXPECT_THROW(set_override(table, "nothing"), Error);
  EXPECT_THROW(set_override(table, "=3"), Error);
}

TEST(ConfigText, ReadsBackTheSame) {
  CameraConfig camera;
  camera.filter = "a \"b\" \\ c";
  camera.time_offset_s = 0.1 + 0.2;
  std::vector<OptionText> options;
  describe_section("camera.one", camera, options);
  describe_section("site", SiteConfig{}, options);
  const ConfigTable table =
      parse_config(to_config_text(options, {{"camera.one.filter", "night.toml:4"}}), "x");
  CameraConfig back;
  std::set<std::string, std::less<>> used;
  read_section(table, "camera.one", back, used);
  EXPECT_EQ(back.filter, camera.filter);
  EXPECT_EQ(back.time_offset_s, camera.time_offset_s);
  EXPECT_EQ(back.start_keys, camera.start_keys);
  EXPECT_FALSE(table.contains("site.longitude_deg"));
}

}  // namespace
}  // namespace skyweft::io
