// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stage.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::array<std::string_view, 10> kNames{"scan",       "masters", "stars", "frames",
                                                  "transpose",  "magfit",  "epd",   "tfa",
                                                  "statistics", "report"};

}  // namespace

std::string_view name_of(Stage stage) noexcept {
  return kNames[static_cast<std::size_t>(stage)];
}

Stage stage_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Stage>(i);
  throw Error{Errc::usage, fmt::format("there is no stage '{}'; the stages are {}", name,
                                       fmt::join(kNames, ", "))};
}

Stage stage_of_unit(std::string_view unit) noexcept {
  using Entry = std::pair<std::string_view, Stage>;
  static constexpr std::array<Entry, 13> kKinds{{{"master", Stage::masters},
                                                 {"catalog", Stage::stars},
                                                 {"segment", Stage::frames},
                                                 {"frames", Stage::frames},
                                                 {"raw", Stage::transpose},
                                                 {"magfit", Stage::magfit},
                                                 {"magfit_table", Stage::magfit},
                                                 {"references", Stage::magfit},
                                                 {"epd", Stage::epd},
                                                 {"tfa", Stage::tfa},
                                                 {"templates", Stage::tfa},
                                                 {"stars", Stage::statistics},
                                                 {"lightcurves", Stage::statistics}}};
  const std::string_view kind = unit.substr(0, unit.find(':'));
  for (const auto& [name, stage] : kKinds)
    if (name == kind) return stage;
  return Stage::report;
}

}  // namespace skyweft::workflows
