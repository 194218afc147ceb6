// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace skyweft::support {

/// True when the system's Python imports astropy.
inline bool has_astropy() {
  return std::system("/usr/bin/python3 -c 'import astropy' > /dev/null 2>&1") == 0;
}

/// Runs a Python script once; `input` are rows of numbers it finds in the file sys.argv[1]. Returns
/// the rows of numbers it prints, each of which must start with "row"; other lines are ignored. An
/// empty result means that the script failed (its complaints go to stderr).
inline std::vector<std::vector<double>> rows_from_python(
    const std::string& script, const std::vector<std::vector<double>>& input) {
  const auto stem =
      std::filesystem::temp_directory_path() / fmt::format("skyweft_oracle_{}", ::getpid());
  const std::string code = stem.string() + ".py";
  const std::string rows = stem.string() + ".txt";
  std::ofstream{code} << script;
  std::string text;
  for (const auto& row : input) text += fmt::format("{:.17g}\n", fmt::join(row, " "));
  std::ofstream{rows} << text;
  std::vector<std::vector<double>> out;
  std::FILE* pipe = ::popen(fmt::format("/usr/bin/python3 '{}' '{}'", code, rows).c_str(), "r");
  if (pipe != nullptr) {
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
      if (std::string_view{line.data()}.substr(0, 3) != "row") continue;
      std::vector<double> row;
      const char* at = line.data() + 3;
      for (char* end = nullptr;; at = end) {
        const double value = std::strtod(at, &end);
        if (end == at) break;
        row.push_back(value);
      }
      out.push_back(row);
    }
    if (::pclose(pipe) != 0) out.clear();
  }
  std::filesystem::remove(code);
  std::filesystem::remove(rows);
  return out;
}

}  // namespace skyweft::support

/// Skips the running test with a message when there is no astropy.
#define SKYWEFT_NEEDS_ASTROPY \
  if (!skyweft::support::has_astropy()) GTEST_SKIP() << "astropy is absent (/usr/bin/python3)"
