// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/verbs/emit.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"

namespace skyweft::workflows {

void emit_text(const std::string& text, const std::string& output) {
  if (output.empty())
    fmt::print("{}", text);
  else
    io::write_text_file(output, text);
}

void emit_table(const io::Table& table, const std::string& format, const std::string& output) {
  if (format == "fits") {
    if (output.empty()) throw Error{Errc::usage, "FITS needs a file: -o FILE"};
    io::write_fits_table(output, table);
    return;
  }
  if (format == "votable")
    emit_text(io::to_votable(table), output);
  else
    emit_text(format == "csv" ? io::to_csv(table) : io::to_ecsv(table), output);
}

}  // namespace skyweft::workflows
