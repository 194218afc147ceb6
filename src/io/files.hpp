// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace skyweft::io {

/// A file that appears under its name complete or not at all: write to part_name(), then commit().
/// Destroyed without commit, the part is removed; after a crash remove_leftover_parts() does it.
class AtomicFile {
 public:
  /// Chooses the part's name, FINAL.part.HOST.PID, and removes a part of that name left by a
  /// crashed process; creates nothing. Throws Error{io} when the folder does not exist.
  explicit AtomicFile(std::filesystem::path final_name);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& part_name() const noexcept { return part_; }

  /// Syncs the part, renames it over the final name and syncs the folder. Throws Error{io}.
  void commit();

 private:
  std::filesystem::path final_;
  std::filesystem::path part_;
  bool committed_ = false;
};

/// Replaces the file's content by `text` atomically. Collective: no. Throws Error{io}.
void write_text_file(const std::filesystem::path& path, std::string_view text);

/// The whole content of a file. Collective: no. Throws Error{io} when it cannot be read and
/// Error{bad_input} with test "file_bytes" when it is larger than `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, std::int64_t max_bytes = 64 << 20);

/// Makes the file's content, or the folder's entries, survive a power cut. Throws Error{io}.
void sync_file(const std::filesystem::path& path);
void sync_dir(const std::filesystem::path& path);

/// Removes every *.part.* below `dir`, without following symbolic links. Nobody may be writing
/// there. Does nothing when `dir` does not exist. Throws Error{io}.
void remove_leftover_parts(const std::filesystem::path& dir);

/// The files that `patterns` name, sorted and unique. An entry is a file, a folder (all *.fit,
/// *.fits, *.fts in it, in any case, also with .fz or .gz behind, and camera raw files), or a shell
/// pattern with * ? [].
/// Collective: no. Throws Error{bad_input} naming the first entry that matches nothing.
std::vector<std::filesystem::path> expand_globs(const std::vector<std::string>& patterns);

/// "cannot WHAT PATH: reason" for the errno value `code`; when the disk or quota is full also the
/// free bytes and inodes there. For messages of Error{io}.
std::string io_failure_text(std::string_view what, const std::filesystem::path& path, int code);

}  // namespace skyweft::io
