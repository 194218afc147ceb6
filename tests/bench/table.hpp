// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/timing.hpp"

namespace skyweft::bench {

/// Which seconds a rate is per: CPU for arithmetic and memory, wall for anything that waits.
enum class Clock { cpu, wall };

/// One line of the result.
struct Row {
  std::string section;  ///< "floors", "frame", "store", "light curves", "peers"
  std::string stage;
  std::string amount;  ///< what one run works on: "4.2 Mpx"
  Cost cost;
  Clock clock = Clock::cpu;
  double rate = kNaN;
  std::string unit;     ///< of the rate
  std::string floor{};  ///< what it is compared with, and its value
  double share = kNaN;  ///< of the floor; 1 is as fast as the machine goes
  std::string note{};
};

/// A row whose rate is `work` per second of its clock, `work` being counted in `unit` times
/// seconds.
Row make_row(std::string section, std::string stage, std::string amount, Cost cost, Clock clock,
             double work, std::string unit);

/// Compares `row` with a floor of `floor_rate` (in floor_unit): the work that the floor counts,
/// such as bytes moved, is `floor_work` per run.
void compare(Row& row, const std::string& floor_name, double floor_rate,
             const std::string& floor_unit, double floor_work);

class Table {
 public:
  void add(Row row) { rows_.push_back(std::move(row)); }
  const std::vector<Row>& rows() const noexcept { return rows_; }

  /// CPU seconds of the named stage; NaN when there is none.
  double cpu_s(const std::string& stage) const;

  /// The table as aligned text, section by section.
  std::string text() const;
  /// The same as JSON, with `settings` ("nx": "2048") in front. Throws Error{io}.
  void write_json(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, std::string>>& settings) const;

 private:
  std::vector<Row> rows_;
};

}  // namespace skyweft::bench
