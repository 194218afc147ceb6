// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/journal.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace {

class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) throw Error{Errc::io, io_failure_text("open the journal", path, errno)};
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::string line_of(const JournalEntry& entry) {
  const std::string text = fmt::format("{}\t{}\t{}\t{}\t{}", entry.unit, entry.file, entry.bytes,
                                       entry.digest, entry.config_digest);
  return fmt::format("{}\t{}\n", text, digest_of_text(text));
}

std::optional<JournalEntry> parse(std::string_view line) {
  const std::size_t last = line.rfind('\t');
  if (last == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(0, last);
  if (digest_of_text(text) != line.substr(last + 1)) return std::nullopt;
  std::array<std::string_view, 5> part;
  std::size_t at = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::size_t end = i + 1 < part.size() ? text.find('\t', at) : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    part[i] = text.substr(at, end - at);
    at = end + 1;
  }
  JournalEntry entry{.unit = std::string{part[0]},
                     .file = std::string{part[1]},
                     .bytes = 0,
                     .digest = std::string{part[3]},
                     .config_digest = std::string{part[4]}};
  const auto [end, code] =
      std::from_chars(part[2].data(), part[2].data() + part[2].size(), entry.bytes);
  if (code != std::errc{} || end != part[2].data() + part[2].size()) return std::nullopt;
  return entry;
}

/// True when a crashed process left a line without its end.
bool ends_torn(int descriptor) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(descriptor, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

Journal::Journal(fs::path path) : path_(std::move(path)) {
  refresh();
}

void Journal::refresh() {
  entries_.clear();
  latest_.clear();
  n_damaged_ = 0;
  std::error_code code;
  if (!fs::exists(path_, code) && !code) return;
  const std::string text = read_text_file(path_, std::numeric_limits<std::int64_t>::max());
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty()) continue;
    if (auto entry = end == std::string_view::npos ? std::nullopt : parse(line))
      remember(std::move(*entry));
    else
      ++n_damaged_;
  }
}

void Journal::remember(JournalEntry entry) {
  latest_.insert_or_assign(entry.unit, entries_.size());
  entries_.push_back(std::move(entry));
}

std::optional<JournalEntry> Journal::find(std::string_view unit) const {
  const auto it = latest_.find(unit);
  if (it == latest_.end()) return std::nullopt;
  return entries_[it->second];
}

void Journal::append(const JournalEntry& entry) {
  for (const std::string* text : {&entry.unit, &entry.file, &entry.digest, &entry.config_digest})
    if (text->find_first_of("\t\n") != std::string::npos)
      throw Error{
          Errc::internal,
          fmt::format("a text of the journal entry {} holds a tab or a line break", entry.unit)};
  std::error_code ignored;
  const bool is_new = !fs::exists(path_, ignored);
  {
    const OpenFile file{path_, O_RDWR | O_APPEND | O_CREAT};
    std::string line = line_of(entry);
    if (ends_torn(file.descriptor())) line.insert(line.begin(), '\n');
    ssize_t n = -1;
    do n = ::write(file.descriptor(), line.data(), line.size());
    while (n < 0 && errno == EINTR);
    if (n != static_cast<ssize_t>(line.size()))
      throw Error{Errc::io,
                  io_failure_text("append to the journal", path_, n < 0 ? errno : ENOSPC)};
    if (::fsync(file.descriptor()) != 0)
      throw Error{Errc::io, io_failure_text("sync the journal", path_, errno)};
  }
  if (is_new) sync_dir(path_.has_parent_path() ? path_.parent_path() : fs::path{"."});
  remember(entry);
}

void Journal::withdraw(std::string_view unit) {
  append({.unit = std::string{unit}, .file = {}, .bytes = 0, .digest = {}, .config_digest = {}});
}

bool unit_is_done(const Journal& journal, const fs::path& archive_dir, std::string_view unit,
                  std::string_view config_digest, FileCheck check) {
  const auto entry = journal.find(unit);
  if (!entry || entry->file.empty() || entry->config_digest != config_digest) return false;
  const fs::path file = archive_dir / entry->file;
  std::error_code code;
  const auto bytes = fs::file_size(file, code);
  if (code || static_cast<std::int64_t>(bytes) != entry->bytes) return false;
  return check == FileCheck::size || digest_of_file(file) == entry->digest;
}

JournalEntry journal_entry_for(const fs::path& archive_dir, std::string_view unit,
                               const fs::path& relative_file, std::string_view config_digest) {
  const fs::path file = archive_dir / relative_file;
  std::error_code code;
  const auto bytes = fs::file_size(file, code);
  if (code) throw Error{Errc::io, io_failure_text("read the size of", file, code.value())};
  return {.unit = std::string{unit},
          .file = relative_file.generic_string(),
          .bytes = static_cast<std::int64_t>(bytes),
          .digest = digest_of_file(file),
          .config_digest = std::string{config_digest}};
}

}  // namespace skyweft::io
