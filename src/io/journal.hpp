// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skyweft::io {

/// One finished unit of work. No text may hold a tab or a line break.
struct JournalEntry {
  std::string unit;  ///< key, e.g. "frames/000012"
  std::string file;  ///< relative to the archive; empty: withdrawn
  std::int64_t bytes = 0;
  std::string digest;         ///< of the file
  std::string config_digest;  ///< of the options that decided the file
  bool operator==(const JournalEntry&) const = default;
};

/// The append-only list of finished units: one line each,
/// unit, file, bytes, digest, config_digest and a checksum of the line, separated by tabs.
///
/// Several processes of one node may append to one journal: each line is a single write.
class Journal {
 public:
  /// Reads the journal; a missing file is an empty journal. A torn or damaged line is skipped and
  /// counted. Throws Error{io} when the file cannot be read.
  explicit Journal(std::filesystem::path path);

  /// The latest entry of `unit`.
  std::optional<JournalEntry> find(std::string_view unit) const;

  /// Appends one line and syncs it; a line torn by a crash before is closed first.
  /// Throws Error{io}, or Error{internal} when a text holds a tab or a line break.
  void append(const JournalEntry& entry);

  /// Notes that a unit's file is no longer part of the archive. Throws Error{io}.
  void withdraw(std::string_view unit);

  /// Reads the file again, to see the lines of other processes. Throws Error{io}.
  void refresh();

  /// The sound lines in file order.
  const std::vector<JournalEntry>& entries() const noexcept { return entries_; }
  std::int64_t n_damaged() const noexcept { return n_damaged_; }

 private:
  void remember(JournalEntry entry);

  std::filesystem::path path_;
  std::vector<JournalEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> latest_;
  std::int64_t n_damaged_ = 0;
};

/// How closely a finished file is looked at.
enum class FileCheck { size, digest };

/// True when the journal has `unit` with this configuration digest and its file lies in
/// `archive_dir` with the noted size (and digest, when asked). Collective: no.
bool unit_is_done(const Journal& journal, const std::filesystem::path& archive_dir,
                  std::string_view unit, std::string_view config_digest,
                  FileCheck check = FileCheck::size);

/// Measures size and digest of a finished file. Throws Error{io} when it cannot be read.
JournalEntry journal_entry_for(const std::filesystem::path& archive_dir, std::string_view unit,
                               const std::filesystem::path& relative_file,
                               std::string_view config_digest);

}  // namespace skyweft::io
