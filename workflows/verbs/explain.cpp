// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "workflows/run_config.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// All options with their defaults; a camera and a target stand for those a user may name.
std::vector<OptionText> every_option() {
  RunConfig config;
  config.cameras["NAME"] = {};
  config.targets["NAME"] = {};
  return describe(config);
}

std::string invalidates(const OptionText& option) {
  const Stage first = first_stage_of(option.key.substr(0, option.key.find('.')));
  std::string text;
  for (int s = static_cast<int>(first); s <= static_cast<int>(Stage::report); ++s) {
    if (!text.empty()) text += ' ';
    text += name_of(static_cast<Stage>(s));
  }
  return text;
}

void print_one(const OptionText& o) {
  fmt::print("{} = {}\n    {}{}\n", o.key, o.value, o.meaning,
             o.unit.empty() ? "" : fmt::format(" [{}]", o.unit));
  if (!o.choices.empty()) fmt::print("    one of: {}\n", o.choices);
  fmt::print("    type: {}; a change makes stale: {}\n", o.type, invalidates(o));
}

int explain(const std::string& key, bool json) {
  const auto options = every_option();
  std::vector<OptionText> chosen;
  for (const auto& o : options)
    if (key.empty() || o.key == key || o.key.starts_with(key + ".")) chosen.push_back(o);
  if (chosen.empty()) {
    std::vector<std::string> names;
    for (const auto& o : options) names.push_back(o.key);
    const std::string near = nearest_name(key, names);
    throw Error{Errc::usage, fmt::format("there is no option {}{}", key,
                                         near.empty() ? "; `skyweft explain` lists all"
                                                      : fmt::format("; did you mean {}?", near))};
  }
  if (json) {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& o : chosen)
      out.push_back({{"key", o.key},
                     {"type", o.type},
                     {"default", o.value},
                     {"unit", o.unit},
                     {"meaning", o.meaning},
                     {"choices", o.choices},
                     {"invalidates", invalidates(o)}});
    fmt::print("{}\n", out.dump(2));
    return 0;
  }
  for (const auto& o : chosen) print_one(o);
  return 0;
}

}  // namespace

void declare_explain(CLI::App& app, Invocation& call) {
  struct Request {
    std::string key;
    bool json = false;
  };
  auto request = std::make_shared<Request>();  // shared: lives as long as the parsed command
  app.add_option("key", request->key, "an option or a section; default: all");
  app.add_flag("--json", request->json, "machine-readable");
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] { return explain(request->key, request->json); });
    };
  });
}

}  // namespace skyweft::workflows
