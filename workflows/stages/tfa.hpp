// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// One template star in lightcurves/templates.ecsv.
struct TemplateRow {
  std::string group;
  std::int64_t aperture = 0;
  std::int64_t star_id = 0;
  double xi_deg = kNaN;
  double eta_deg = kNaN;
  double event_loss = kNaN;  ///< lc::TemplateSet::event_loss of its group and aperture
};

/// Reads the table that the TFA stage wrote. Collective: no. Throws Error{io}, or Error{bad_input}
/// for a line that does not hold six values.
std::vector<TemplateRow> read_template_table(const std::filesystem::path& path);

/// Writes it, atomically. Collective: no. Throws Error{io}.
void write_template_table(const std::filesystem::path& path, const std::vector<TemplateRow>& rows);

}  // namespace skyweft::workflows
