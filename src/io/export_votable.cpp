// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "io/export_table.hpp"

namespace skyweft::io {
namespace {

/// `text` for XML: markup escaped, and characters that XML 1.0 does not have as '?'.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n')
      out += '?';
    else
      out += c;
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

template <class T>
std::string number_cell(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string cell(double v) {
  return number_cell(v);
}
std::string cell(float v) {
  return number_cell(v);
}
std::string cell(std::int64_t v) {
  return fmt::format("{}", v);
}
std::string cell(std::int32_t v) {
  return fmt::format("{}", v);
}
std::string cell(const std::string& v) {
  return escaped(v);
}

std::string type_of(const TableColumn& column) {
  static constexpr std::array<std::string_view, 4> kTypes{"double", "float", "long", "int"};
  if (column.values.index() < kTypes.size())
    return fmt::format("datatype=\"{}\"", kTypes[column.values.index()]);
  const bool plain = std::ranges::all_of(std::get<4>(column.values), is_ascii);
  return fmt::format("datatype=\"{}\" arraysize=\"*\"", plain ? "char" : "unicodeChar");
}

std::string param(const TableCard& card) {
  const auto head = [&](std::string_view type, const std::string& value) {
    return fmt::format("<PARAM name=\"{}\" {} value=\"{}\"><DESCRIPTION>{}</DESCRIPTION></PARAM>\n",
                       escaped(card.key), type, value, escaped(card.comment));
  };
  if (const auto* text = std::get_if<std::string>(&card.value))
    return head(is_ascii(*text) ? "datatype=\"char\" arraysize=\"*\""
                                : "datatype=\"unicodeChar\" arraysize=\"*\"",
                escaped(*text));
  if (const auto* whole = std::get_if<std::int64_t>(&card.value))
    return head("datatype=\"long\"", cell(*whole));
  return head("datatype=\"double\"", cell(std::get<double>(card.value)));
}

}  // namespace

std::string to_votable(const Table& table) {
  const auto n = static_cast<std::size_t>(table.n_row());
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE>\n";
  out += fmt::format("<TABLE name=\"{}\" nrows=\"{}\">\n", escaped(table.name), n);
  for (const auto* cards : {&table.primary, &table.extension})
    for (const TableCard& card : *cards) out += param(card);
  for (const TableColumn& c : table.columns) {
    out += fmt::format("<FIELD name=\"{}\" {}", escaped(c.name), type_of(c));
    if (!c.unit.empty()) out += fmt::format(" unit=\"{}\"", escaped(c.unit));
    if (!c.ucd.empty()) out += fmt::format(" ucd=\"{}\"", escaped(c.ucd));
    out += fmt::format("><DESCRIPTION>{}</DESCRIPTION></FIELD>\n", escaped(c.meaning));
  }
  out += "<DATA><TABLEDATA>\n";
  for (std::size_t row = 0; row < n; ++row) {
    out += "<TR>";
    for (const TableColumn& c : table.columns)
      std::visit([&](const auto& v) { out += "<TD>" + cell(v[row]) + "</TD>"; }, c.values);
    out += "</TR>\n";
  }
  return out + "</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n";
}

}  // namespace skyweft::io
