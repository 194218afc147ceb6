// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace skyweft::workflows {

/// Where things lie inside an archive; every stored path is relative to its root.
class Archive {
 public:
  explicit Archive(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const noexcept { return root_; }
  std::filesystem::path config() const { return root_ / "config.toml"; }
  std::filesystem::path journal() const { return root_ / "journal"; }
  std::filesystem::path stars() const { return root_ / "catalog" / "stars.fits"; }
  std::filesystem::path field() const { return root_ / "catalog" / "field.fits"; }
  std::filesystem::path known_sky() const { return root_ / "catalog" / "known_sky.json"; }
  std::filesystem::path frames_table() const { return root_ / "frames.h5"; }
  std::filesystem::path star_table() const { return root_ / "stars.h5"; }
  std::filesystem::path report() const { return root_ / "report"; }
  std::filesystem::path log() const { return root_ / "run.log"; }
  std::filesystem::path summary() const { return root_ / "summary.json"; }
  std::filesystem::path master(std::string_view name) const;  ///< "bias_main_20171220"
  std::filesystem::path calibrated() const { return root_ / "calibrated"; }
  std::filesystem::path segment(std::int64_t batch) const;
  std::filesystem::path shard(std::string_view stage, std::int64_t i_shard) const;
  std::filesystem::path light_curve_index() const { return root_ / "lightcurves" / "all.h5"; }

  /// Makes the folders. Throws Error{io} naming the path that cannot be made.
  void make_folders() const;

  /// `path` relative to the root, for the journal.
  std::string relative(const std::filesystem::path& path) const;

 private:
  std::filesystem::path root_;
};

/// Makes a folder and those above it. Throws Error{io} naming the path that cannot be made.
void make_folder(const std::filesystem::path& path);

/// Throws Error{bad_input} unless `root` holds a run's archive.
void require_archive(const Archive& archive);

}  // namespace skyweft::workflows
