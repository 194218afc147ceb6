// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/export_table.hpp"
#include "io/files.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/tfa.hpp"

namespace skyweft::workflows {
namespace {

/// The text behind the last comma, which is taken off `line`.
std::string last_cell(std::string& line) {
  const std::size_t comma = line.rfind(',');
  if (comma == std::string::npos)
    throw Error{
        Errc::bad_input,
        fmt::format("template table: a line of less than six cells: '{}'; run the TFA stage "
                    "again",
                    line)};
  std::string cell = line.substr(comma + 1);
  line.resize(comma);
  return cell;
}

double number(const std::string& cell) {
  return cell.empty() ? kNaN : std::strtod(cell.c_str(), nullptr);
}

}  // namespace

std::vector<TemplateRow> read_template_table(const std::filesystem::path& path) {
  const std::string text = io::read_text_file(path);
  std::vector<TemplateRow> rows;
  bool is_heading_seen = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line.front() == '#') continue;
    if (!is_heading_seen) {
      is_heading_seen = true;
      continue;
    }
    TemplateRow row;  // from the end: a group's name may hold a comma
    row.event_loss = number(last_cell(line));
    row.eta_deg = number(last_cell(line));
    row.xi_deg = number(last_cell(line));
    row.star_id = std::strtoll(last_cell(line).c_str(), nullptr, 10);
    row.aperture = std::strtoll(last_cell(line).c_str(), nullptr, 10);
    row.group = line;
    rows.push_back(std::move(row));
  }
  return rows;
}

void write_template_table(const std::filesystem::path& path, const std::vector<TemplateRow>& rows) {
  std::vector<std::string> group;
  std::vector<std::int64_t> aperture;
  std::vector<std::int64_t> star_id;
  std::vector<double> xi_deg;
  std::vector<double> eta_deg;
  std::vector<double> event_loss;
  for (const TemplateRow& row : rows) {
    group.push_back(row.group);
    aperture.push_back(row.aperture);
    star_id.push_back(row.star_id);
    xi_deg.push_back(row.xi_deg);
    eta_deg.push_back(row.eta_deg);
    event_loss.push_back(row.event_loss);
  }
  io::Table table;
  table.columns = {
      {"group", "", "observing group whose stars are filtered", "", std::move(group)},
      {"aperture", "", "index of the aperture", "", std::move(aperture)},
      {"star_id", "", "the template star", "meta.id", std::move(star_id)},
      {"xi_deg", "deg", "tangent plane, about the mean position", "", std::move(xi_deg)},
      {"eta_deg", "deg", "tangent plane, about the mean position", "", std::move(eta_deg)},
      {"event_loss", "",
       "share of a box of tfa.event_h that all templates of this group and "
       "aperture absorb",
       "", std::move(event_loss)}};
  io::write_text_file(path, io::to_ecsv(table));
}

std::vector<std::int64_t> count_templates(const RunContext& run, const RunState& state) {
  std::vector<std::int64_t> counts(state.aperture_radius_px.size(), 0);
  if (run.config.tfa.method != "tfa") return counts;
  return mpi::on_root(run.world, [&] {
    for (const TemplateRow& row : read_template_table(run.archive.template_table()))
      if (row.aperture >= 0 && row.aperture < static_cast<std::int64_t>(counts.size()))
        ++counts[static_cast<std::size_t>(row.aperture)];
    return counts;
  });
}

}  // namespace skyweft::workflows
