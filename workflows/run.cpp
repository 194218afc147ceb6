// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/run.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "io/files.hpp"
#include "mpi/collectives.hpp"
#include "mpi/on_root.hpp"
#include "workflows/archive.hpp"
#include "workflows/load_config.hpp"
#include "workflows/logging.hpp"
#include "workflows/stages/import_table.hpp"
#include "workflows/stages/injections.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

struct StageEntry {
  Stage stage;
  void (*work)(RunContext&, RunState&);
};

constexpr std::array<StageEntry, 10> kStageTable{{{Stage::scan, scan_frames},
                                                  {Stage::masters, make_masters},
                                                  {Stage::stars, list_stars},
                                                  {Stage::frames, measure_frames},
                                                  {Stage::transpose, transpose_to_stars},
                                                  {Stage::magfit, fit_magnitudes},
                                                  {Stage::epd, decorrelate},
                                                  {Stage::tfa, filter_trends},
                                                  {Stage::statistics, gather_statistics},
                                                  {Stage::report, write_reports}}};

/// What takes the place of the stages up to frames when run.table is given.
void begin_with_table(RunContext& run, RunState& state) {
  import_table(run, state);
  state.injections = plan_injections(run.config, state);
}

struct StageTime {
  Stage stage;
  double seconds;
};

nlohmann::json summary_of(const RunContext& run, const RunState& state,
                          const std::vector<StageTime>& times, double peak_mib, ExitCode code) {
  std::map<std::string, int> reasons;
  for (const FrameRecord& r : state.records)
    if (r.state == FrameState::rejected)
      ++reasons[r.stage + ": " + (r.test.empty() ? "error" : r.test)];
  nlohmann::json json;
  json["software_version"] = SKYWEFT_VERSION;
  json["run"] = run.config.run.name;
  json["finished_utc"] = utc_now();
  json["ranks"] = run.world.size();
  json["frames"] = {{"found", state.lights.size()},
                    {"measured", state.measured.size()},
                    {"set_aside", state.records.size() - state.measured.size()},
                    {"set_aside_by_reason", reasons}};
  json["stars"] = state.stars.size();
  for (const StageTime& t : times) json["seconds"][std::string{name_of(t.stage)}] = t.seconds;
  json["peak_memory_mib_per_rank"] = peak_mib;
  json["exit_code"] = static_cast<int>(code);
  return json;
}

}  // namespace

void require_same_beginning(const RunConfig& config, const Archive& branch) {
  const RunConfig main = config_of_archive(branch.main_root());
  const auto before = describe(main);
  for (const OptionText& now : describe(config)) {
    const Stage stage =
        first_stage_of(std::string_view{now.key}.substr(0, now.key.find('.')), config);
    if (stage >= branch.first_stage() || is_only_place(now.key)) continue;
    const auto was = std::ranges::find(before, now.key, &OptionText::key);
    if (was != before.end() && was->value == now.value) continue;
    throw Error{Errc::bad_config,
                fmt::format("{} = {} belongs to stage {}, before the stage {} where the branch "
                            "begins ({} has {}); give --from {}",
                            now.key, now.value, name_of(stage), name_of(branch.first_stage()),
                            branch.main_root().string(), was == before.end() ? "none" : was->value,
                            name_of(stage))};
  }
}

ExitCode run_all(const mpi::Comm& world, const RunConfig& config, const Archive& archive) {
  mpi::do_on_root(world, [&] {
    if (archive.is_branch()) require_same_beginning(config, archive);
    archive.make_folders();
    io::remove_leftover_parts(archive.root());
    save_config(config, archive.config());
  });
  const LogSink log = world.is_root() ? make_log(archive.log()) : silent_log();
  const mpi::Comm node = world.node();
  RunContext run{.world = world, .node = node, .config = config, .archive = archive, .log = log};
  if (const auto warning = mpi::lonely_world_warning(world)) run.warn(*warning);
  run.say(fmt::format("skyweft {} on {} rank(s), archive {}", SKYWEFT_VERSION, world.size(),
                      archive.root().string()));

  RunState state;
  std::vector<StageTime> times;
  for (const StageEntry& entry : kStageTable) {
    const auto start = std::chrono::steady_clock::now();
    const bool has_table = !config.run.table.empty();
    if (has_table && entry.stage < Stage::frames) continue;
    try {
      if (has_table && entry.stage == Stage::frames)
        begin_with_table(run, state);
      else
        entry.work(run, state);
    } catch (Error& error) {
      error.during(fmt::format("stage {}", name_of(entry.stage)));
      throw;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    times.push_back({entry.stage, took.count()});
  }

  const auto rejected = static_cast<double>(state.records.size() - state.measured.size());
  const bool too_many =
      rejected > config.run.max_rejected * static_cast<double>(state.records.size());
  const ExitCode code = too_many ? ExitCode::too_many_rejects : ExitCode::complete;
  const double peak = mpi::max_over_ranks(world, peak_memory_mib());
  mpi::do_on_root(world, [&] {
    io::write_text_file(archive.summary(),
                        summary_of(run, state, times, peak, code).dump(2) + "\n");
  });
  std::string line;
  for (const StageTime& t : times) line += fmt::format(" {} {:.2f}s", name_of(t.stage), t.seconds);
  run.say(fmt::format("time:{}; peak memory per rank {:.0f} MiB", line, peak));
  if (too_many)
    run.warn(fmt::format(
        "{} of {} frames were set aside, more than run.max_rejected = {}; `skyweft why {} FRAME` "
        "says why",
        rejected, state.records.size(), config.run.max_rejected, archive.root().string()));
  if (config.report.enabled)
    run.say(fmt::format("report: {}", (archive.report() / "index.html").string()));
  return code;
}

}  // namespace skyweft::workflows
