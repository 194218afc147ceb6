// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "io/journal.hpp"
#include "io/tables.hpp"
#include "workflows/archive.hpp"
#include "workflows/load_config.hpp"
#include "workflows/run_config.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// Finished units of an archive, counted by kind ("segment", "raw", "magfit" …).
struct Progress {
  std::map<std::string, std::int64_t> units;
  std::int64_t bytes = 0;
  std::int64_t missing = 0;  ///< in the journal, but the file is gone or has another size
  std::int64_t measured = 0;
  std::int64_t rejected = 0;
  bool complete = false;
};

Progress progress_of(const Archive& archive) {
  Progress p;
  const io::Journal journal{archive.journal()};
  std::map<std::string, io::JournalEntry> latest;
  for (const auto& entry : journal.entries()) latest[entry.unit] = entry;
  for (const auto& [unit, entry] : latest) {
    if (entry.file.empty()) continue;
    std::error_code ignored;
    const auto size = std::filesystem::file_size(archive.root() / entry.file, ignored);
    if (ignored || static_cast<std::int64_t>(size) != entry.bytes) {
      ++p.missing;
      continue;
    }
    ++p.units[unit.substr(0, unit.find(':'))];
    p.bytes += entry.bytes;
  }
  if (std::filesystem::exists(archive.frames_table()))
    for (const auto& record : io::read_frames_table(archive.frames_table().string()))
      ++(record.state == FrameState::measured ? p.measured : p.rejected);
  const bool wants_report = config_of_archive(archive.root()).report.enabled;
  p.complete = p.missing == 0 && p.units.contains("lightcurves") &&
               (p.units.contains("report") || !wants_report);
  return p;
}

int status(const Archive& archive, bool json) {
  require_archive(archive);
  const Progress p = progress_of(archive);
  if (json) {
    nlohmann::json out;
    out["complete"] = p.complete;
    out["units"] = p.units;
    out["bytes"] = p.bytes;
    out["units_missing"] = p.missing;
    out["frames_measured"] = p.measured;
    out["frames_set_aside"] = p.rejected;
    fmt::print("{}\n", out.dump(2));
    return 0;
  }
  fmt::print("{}: {}\n", archive.root().string(),
             p.complete ? "complete" : "not complete; the same `skyweft run` continues it");
  for (const auto& [kind, n] : p.units) fmt::print("  {:<12} {} unit(s) finished\n", kind, n);
  if (p.missing > 0)
    fmt::print("  {} finished unit(s) are gone or changed and will be made again\n", p.missing);
  if (p.measured + p.rejected > 0)
    fmt::print("  frames       {} measured, {} set aside\n", p.measured, p.rejected);
  fmt::print("  size         {:.1f} MiB\n", static_cast<double>(p.bytes) / 1048576.0);
  return 0;
}

}  // namespace

void declare_status(CLI::App& app, Invocation& call) {
  struct Request {
    ArchiveRequest archive;
    bool json = false;
  };
  auto request = std::make_shared<Request>();  // shared: lives as long as the parsed command
  declare_archive(app, request->archive);
  app.add_flag("--json", request->json, "machine-readable");
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] { return status(request->archive.open(), request->json); });
    };
  });
}

}  // namespace skyweft::workflows
