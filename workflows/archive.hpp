// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/stage.hpp"

namespace skyweft::workflows {

/// Where things lie inside an archive; every stored path is relative to its root.
///
/// A branch, ROOT/branches/NAME, is an archive whose early stages are those of ROOT: products of
/// the stage it begins with and of all later ones lie in its own folder. A file `branch` there
/// says which stage that is.
class Archive {
 public:
  /// The archive, or the branch, in a folder. Throws Error{io} when a branch's file is damaged.
  explicit Archive(std::filesystem::path folder);

  /// The branch `name` of this archive, beginning with `from`; its folder need not exist. Throws
  /// Error{usage} for a name that is no file name, and when this is a branch itself.
  Archive branch(std::string_view name, Stage from) const;

  /// Of the archive, or of the branch: where its own products lie.
  const std::filesystem::path& root() const noexcept { return home_; }
  bool is_branch() const noexcept { return home_ != main_; }
  Stage first_stage() const noexcept { return from_; }
  /// The folder of the archive that a branch belongs to; root() for one that is no branch.
  const std::filesystem::path& main_root() const noexcept { return main_; }
  /// The folder with the products of a stage.
  const std::filesystem::path& of(Stage stage) const noexcept {
    return stage < from_ ? main_ : home_;
  }

  std::filesystem::path config() const { return home_ / "config.toml"; }
  std::filesystem::path journal() const { return home_ / "journal"; }
  std::filesystem::path journal(Stage stage) const { return of(stage) / "journal"; }
  std::filesystem::path log() const { return home_ / "run.log"; }
  std::filesystem::path summary() const { return home_ / "summary.json"; }
  std::filesystem::path report() const { return home_ / "report"; }

  std::filesystem::path master(std::string_view name) const;  ///< "bias_main_20171220"
  std::filesystem::path stars() const { return of(Stage::stars) / "catalog" / "stars.fits"; }
  std::filesystem::path field() const { return of(Stage::stars) / "catalog" / "field.fits"; }
  std::filesystem::path known_sky() const {
    return of(Stage::stars) / "catalog" / "known_sky.json";
  }
  std::filesystem::path calibrated() const { return of(Stage::frames) / "calibrated"; }
  std::filesystem::path segments() const { return of(Stage::frames) / "segments"; }
  std::filesystem::path segment(std::string_view batch) const;  ///< "main-20171220-000"
  std::filesystem::path frames_table() const { return of(Stage::frames) / "frames.h5"; }
  std::filesystem::path raw_block(std::string_view name) const;  ///< "20171220-1a2b3c4d"
  /// The epoch blocks that the journal names and that are there, in the order of their names.
  std::vector<std::filesystem::path> raw_blocks() const;
  /// A file of a stage after raw.
  std::filesystem::path shard(std::string_view stage, std::int64_t i_shard) const;
  /// Coefficients and quality of every frame's magnitude fit.
  std::filesystem::path magfit_table() const { return of(Stage::magfit) / "magfit.h5"; }
  /// Reference magnitudes and statistics per star, aperture and group after magnitude fitting.
  std::filesystem::path reference_table() const { return of(Stage::magfit) / "references.h5"; }
  /// The TFA templates: group, aperture, star_id, xi_deg, eta_deg; ECSV.
  std::filesystem::path template_table() const {
    return of(Stage::tfa) / "lightcurves" / "templates.ecsv";
  }
  /// Template sets while TFA is at work.
  std::filesystem::path passing_templates() const {
    return of(Stage::tfa) / "lightcurves" / "tfa.passing";
  }
  std::filesystem::path star_table() const { return of(Stage::statistics) / "stars.h5"; }
  std::filesystem::path light_curve_index() const {
    return of(Stage::statistics) / "lightcurves" / "all.h5";
  }

  /// Makes the folders, and for a branch its file `branch`. Throws Error{io} naming the path that
  /// cannot be made.
  void make_folders() const;

  /// `path` relative to the folder of its stage, for that stage's journal.
  std::string relative(const std::filesystem::path& path, Stage stage) const;

 private:
  std::filesystem::path main_;
  std::filesystem::path home_;
  Stage from_ = Stage::scan;
};

/// The archive in `folder`, or its branch `as` when that is not empty. Throws Error{bad_input} when
/// it has no such branch, naming those there are.
Archive open_archive(const std::string& folder, const std::string& as);

/// ARCHIVE and --as NAME of the verbs that read one.
struct ArchiveRequest {
  std::string folder;
  std::string as;
  Archive open() const { return open_archive(folder, as); }
};

/// Adds them to a verb.
template <class App>
void declare_archive(App& app, ArchiveRequest& request) {
  app.add_option("archive", request.folder, "archive folder")->required();
  app.add_option("--as", request.as, "name of a branch that `skyweft run --as` made");
}

/// Makes a folder and those above it. Throws Error{io} naming the path that cannot be made.
void make_folder(const std::filesystem::path& path);

/// Throws Error{bad_input} unless `root` holds a run's archive.
void require_archive(const Archive& archive);

}  // namespace skyweft::workflows
