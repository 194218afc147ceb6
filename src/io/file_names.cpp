// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <glob.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera_raw.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

/// FITS, plain or packed, or a camera's raw file.
bool is_frame_name(const fs::path& path) {
  if (is_camera_raw(path)) return true;
  std::string name = path.filename().string();
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view packed : {".fz", ".gz"})
    if (name.ends_with(packed)) {
      name.resize(name.size() - packed.size());
      break;
    }
  return name.ends_with(".fit") || name.ends_with(".fits") || name.ends_with(".fts");
}

std::vector<fs::path> frames_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code code;
  fs::directory_iterator it{folder, code};
  for (; !code && it != fs::directory_iterator{}; it.increment(code))
    if (is_frame_name(it->path()) && it->is_regular_file()) found.push_back(it->path());
  if (code) throw Error{Errc::io, io_failure_text("list", folder, code.value())};
  return found;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  ::glob_t result{};
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_TILDE, nullptr, &result);
  std::vector<fs::path> found;
  for (std::size_t i = 0; status == 0 && i < result.gl_pathc; ++i)
    found.emplace_back(result.gl_pathv[i]);
  ::globfree(&result);
  return found;
}

}  // namespace

std::vector<fs::path> expand_globs(const std::vector<std::string>& patterns) {
  std::vector<fs::path> files;
  for (const std::string& pattern : patterns) {
    std::error_code code;
    // A name that exists is taken literally, so that brackets in it do no harm.
    const auto named =
        fs::exists(pattern, code) ? std::vector<fs::path>{pattern} : matches_of(pattern);
    const std::size_t n_before = files.size();
    for (const fs::path& name : named) {
      if (fs::is_directory(name, code)) {
        const auto inside = frames_in(name);
        files.insert(files.end(), inside.begin(), inside.end());
      } else {
        files.push_back(name);
      }
    }
    if (files.size() == n_before)
      throw Error{Errc::bad_input,
                  fmt::format("no frame matches \"{}\"; check the path (a folder counts its *.fit, "
                              "*.fits, *.fts, also .fz and .gz, and camera raw files)",
                              printable(pattern))};
  }
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
  return files;
}

}  // namespace skyweft::io
