// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "io/files.hpp"

namespace skyweft::bench {
namespace {

std::string time_text(double s) {
  if (!std::isfinite(s)) return "-";
  if (s < 1e-3) return fmt::format("{:.3g} us", 1e6 * s);
  if (s < 1.0) return fmt::format("{:.3g} ms", 1e3 * s);
  return fmt::format("{:.3g} s", s);
}

std::string rate_text(const Row& row) {
  if (!std::isfinite(row.rate)) return "-";
  const char* clock = row.clock == Clock::wall ? " (wall)" : "";
  const int digits = row.rate >= 1000.0 ? 0 : row.rate >= 100.0 ? 1 : row.rate >= 1.0 ? 2 : 4;
  return fmt::format("{:.{}f} {}{}", row.rate, digits, row.unit, clock);
}

}  // namespace

Row make_row(std::string section, std::string stage, std::string amount, Cost cost, Clock clock,
             double work, std::string unit) {
  return {.section = std::move(section),
          .stage = std::move(stage),
          .amount = std::move(amount),
          .cost = cost,
          .clock = clock,
          .rate = work / (clock == Clock::cpu ? cost.cpu_s : cost.wall_s),
          .unit = std::move(unit)};
}

void compare(Row& row, const std::string& floor_name, double floor_rate,
             const std::string& floor_unit, double floor_work) {
  const double seconds = row.clock == Clock::cpu ? row.cost.cpu_s : row.cost.wall_s;
  row.floor = fmt::format("{} {:.4g} {}", floor_name, floor_rate, floor_unit);
  row.share = floor_work / seconds / floor_rate;
}

double Table::cpu_s(const std::string& stage) const {
  const auto it = std::ranges::find(rows_, stage, &Row::stage);
  return it == rows_.end() ? kNaN : it->cost.cpu_s;
}

std::string Table::text() const {
  std::vector<std::vector<std::string>> cells;
  for (const Row& row : rows_)
    cells.push_back({row.stage, row.amount, time_text(row.cost.cpu_s), time_text(row.cost.wall_s),
                     rate_text(row), row.floor.empty() ? "-" : row.floor,
                     std::isfinite(row.share) ? fmt::format("{:.3f}", row.share) : "-", row.note});
  const std::vector<std::string> head{"stage", "amount", "cpu",   "wall",
                                      "rate",  "floor",  "share", "note"};
  std::vector<std::size_t> width;
  for (std::size_t k = 0; k < head.size(); ++k) {
    width.push_back(head[k].size());
    for (const auto& line : cells) width[k] = std::max(width[k], line[k].size());
  }
  const auto line_of = [&](const std::vector<std::string>& line) {
    std::string out;
    for (std::size_t k = 0; k < line.size(); ++k) {
      const bool is_number = k >= 2 && k <= 3;
      out += is_number ? fmt::format("{:>{}}  ", line[k], width[k])
                       : fmt::format("{:<{}}  ", line[k], width[k]);
    }
    return out.substr(0, out.find_last_not_of(' ') + 1) + '\n';
  };
  std::string out = line_of(head);
  std::string section;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].section != section) {
      section = rows_[i].section;
      out += fmt::format("-- {}\n", section);
    }
    out += line_of(cells[i]);
  }
  return out;
}

void Table::write_json(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, std::string>>& settings) const {
  const auto number = [](double v) {
    return std::isfinite(v) ? nlohmann::ordered_json(v) : nlohmann::ordered_json();
  };
  nlohmann::ordered_json all;
  for (const auto& [key, value] : settings) all["settings"][key] = value;
  all["rows"] = nlohmann::ordered_json::array();
  for (const Row& row : rows_)
    all["rows"].push_back({{"section", row.section},
                           {"stage", row.stage},
                           {"amount", row.amount},
                           {"cpu_s", number(row.cost.cpu_s)},
                           {"wall_s", number(row.cost.wall_s)},
                           {"rate", number(row.rate)},
                           {"unit", row.unit},
                           {"per", row.clock == Clock::cpu ? "cpu" : "wall"},
                           {"floor", row.floor},
                           {"share_of_floor", number(row.share)},
                           {"note", row.note}});
  io::write_text_file(path, all.dump(2) + "\n");
}

}  // namespace skyweft::bench
