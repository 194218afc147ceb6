// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/archive.hpp"

#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace fs = std::filesystem;

fs::path Archive::master(std::string_view name) const {
  return root_ / "masters" / fmt::format("{}.fits", name);
}

fs::path Archive::segment(std::int64_t batch) const {
  return root_ / "segments" / fmt::format("segment-{:06}.h5", batch);
}

fs::path Archive::shard(std::string_view stage, std::int64_t i_shard) const {
  return root_ / "lightcurves" / fmt::format("{}-{:04}.h5", stage, i_shard);
}

void make_folder(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code)
    throw Error{
        Errc::io,
        fmt::format("cannot make the folder {}: {}; check permissions and quota, or give another "
                    "--archive",
                    path.string(), code.message())};
}

void Archive::make_folders() const {
  for (const char* folder : {"", "catalog", "masters", "segments", "lightcurves", "report"})
    make_folder(root_ / folder);
}

std::string Archive::relative(const fs::path& path) const {
  return path.lexically_relative(root_).generic_string();
}

void require_archive(const Archive& archive) {
  if (fs::exists(archive.config()) && fs::exists(archive.journal())) return;
  throw Error{
      Errc::bad_input,
      fmt::format("{} is not an archive of skyweft (no config.toml and journal in it); name "
                  "the folder that `skyweft run` wrote",
                  archive.root().string())};
}

}  // namespace skyweft::workflows
