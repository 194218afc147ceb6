// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/export_table.hpp"

namespace skyweft::io {
namespace {

std::string cell(double v) {
  return std::isfinite(v) ? fmt::format("{}", v) : std::string{};
}
std::string cell(float v) {
  return std::isfinite(v) ? fmt::format("{}", v) : std::string{};
}
std::string cell(std::int64_t v) {
  return fmt::format("{}", v);
}
std::string cell(std::int32_t v) {
  return fmt::format("{}", v);
}
std::string cell(const std::string& v) {
  if (v.find_first_of(",\"\n\r") == std::string::npos) return v;
  std::string out = "\"";
  for (const char c : v) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string yaml_text(const std::string& v) {
  std::string out = "\"";
  for (const char c : v) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

const char* ecsv_type(const TableColumn& column) {
  static constexpr const char* kTypes[] = {"float64", "float32", "int64", "int32", "string"};
  return kTypes[column.values.index()];
}

}  // namespace

std::size_t TableColumn::size() const {
  return std::visit([](const auto& v) { return v.size(); }, values);
}

std::int64_t Table::n_row() const {
  if (columns.empty()) return 0;
  const std::size_t n = columns.front().size();
  for (const TableColumn& c : columns)
    if (c.size() != n)
      throw Error{Errc::internal, fmt::format("table column {} differs in length", c.name)};
  return static_cast<std::int64_t>(n);
}

std::string to_csv(const Table& table) {
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    out += (c > 0 ? "," : "") + table.columns[c].name;
  out += '\n';
  const auto n = static_cast<std::size_t>(table.n_row());
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (c > 0) out += ',';
      out += std::visit([&](const auto& v) { return cell(v[row]); }, table.columns[c].values);
    }
    out += '\n';
  }
  return out;
}

std::string to_ecsv(const Table& table) {
  std::string out = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (const TableColumn& c : table.columns) {
    out += fmt::format("# - {{name: {}, datatype: {}", c.name, ecsv_type(c));
    if (!c.unit.empty()) out += fmt::format(", unit: {}", yaml_text(c.unit));
    out += fmt::format(", description: {}}}\n", yaml_text(c.meaning));
  }
  // A meta without entries would read as null, which astropy does not take.
  if (!table.primary.empty() || !table.extension.empty()) out += "# meta:\n";
  const auto meta = [&](const TableCard& card) {
    std::visit(
        [&](const auto& v) {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>)
            out += fmt::format("#   {}: {}\n", card.key, yaml_text(v));
          else
            out += fmt::format("#   {}: {}\n", card.key, v);
        },
        card.value);
  };
  for (const TableCard& card : table.primary) meta(card);
  for (const TableCard& card : table.extension) meta(card);
  out += "# schema: astropy-2.0\n";
  return out + to_csv(table);
}

}  // namespace skyweft::io
