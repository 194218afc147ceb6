// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/archive.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/journal.hpp"

namespace skyweft::workflows {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBranches = "branches";
constexpr const char* kBranchFile = "branch";

/// A folder's path without a slash at its end, which would give it an empty name.
fs::path without_slash(fs::path path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

}  // namespace

Archive::Archive(fs::path folder) : main_(without_slash(std::move(folder))), home_(main_) {
  std::error_code ignored;
  if (!fs::exists(home_ / kBranchFile, ignored)) return;
  std::string stage = io::read_text_file(home_ / kBranchFile);
  while (!stage.empty() && stage.back() == '\n') stage.pop_back();
  try {
    from_ = stage_named(stage);
  } catch (const Error& error) {
    throw Error{Errc::io,
                fmt::format("{} is damaged: {}", (home_ / kBranchFile).string(), error.what())};
  }
  main_ = fs::absolute(home_).lexically_normal().parent_path().parent_path();
}

Archive Archive::branch(std::string_view name, Stage from) const {
  if (is_branch())
    throw Error{Errc::usage,
                fmt::format("{} is a branch; branch off from {}", home_.string(), main_.string())};
  if (name.empty() || name.front() == '.' || name.find('/') != std::string_view::npos)
    throw Error{
        Errc::usage,
        fmt::format("'{}' cannot name a branch; give a plain name, as --as wide_epd", name)};
  Archive out = *this;
  out.home_ = main_ / kBranches / name;
  out.from_ = from;
  return out;
}

fs::path Archive::master(std::string_view name) const {
  return of(Stage::masters) / "masters" / fmt::format("{}.fits", name);
}

fs::path Archive::segment(std::string_view batch) const {
  return segments() / fmt::format("segment-{}.h5", batch);
}

fs::path Archive::raw_block(std::string_view name) const {
  return of(Stage::transpose) / "lightcurves" / fmt::format("raw-{}.h5", name);
}

std::vector<fs::path> Archive::raw_blocks() const {
  const io::Journal journal{this->journal(Stage::transpose)};
  std::map<std::string, fs::path> found;
  for (const auto& entry : journal.entries()) {
    if (!entry.unit.starts_with("raw:")) continue;
    const fs::path file = of(Stage::transpose) / entry.file;
    if (!entry.file.empty() && fs::exists(file))
      found[entry.unit] = file;
    else
      found.erase(entry.unit);
  }
  std::vector<fs::path> out;
  for (auto& [unit, file] : found) out.push_back(std::move(file));
  return out;
}

fs::path Archive::shard(std::string_view stage, std::int64_t i_shard) const {
  return of(stage_of_unit(stage)) / "lightcurves" / fmt::format("{}-{:04}.h5", stage, i_shard);
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
  make_folder(home_);
  for (const auto& [folder, stage] : {std::pair{"catalog", Stage::stars},
                                      {"masters", Stage::masters},
                                      {"segments", Stage::frames},
                                      {"lightcurves", Stage::statistics},
                                      {"report", Stage::report}})
    if (stage >= from_) make_folder(home_ / folder);
  if (is_branch()) io::write_text_file(home_ / kBranchFile, std::string{name_of(from_)} + "\n");
}

std::string Archive::relative(const fs::path& path, Stage stage) const {
  return path.lexically_relative(of(stage)).generic_string();
}

Archive open_archive(const std::string& folder, const std::string& as) {
  const Archive archive{folder};
  if (as.empty()) return archive;
  const fs::path home = archive.root() / kBranches / as;
  if (fs::exists(home / kBranchFile)) return Archive{home};
  std::vector<std::string> known;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{archive.root() / kBranches, ignored})
    known.push_back(entry.path().filename().string());
  std::ranges::sort(known);
  throw Error{
      Errc::bad_input,
      fmt::format("{} has no branch {}; {}", archive.root().string(), as,
                  known.empty() ? "it has none; `skyweft run --from STAGE --as "
                                  "NAME` makes one"
                                : fmt::format("its branches are {}", fmt::join(known, ", ")))};
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
