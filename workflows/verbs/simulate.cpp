// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/config_file.hpp"
#include "mpi/farm.hpp"
#include "mpi/on_root.hpp"
#include "simulator/jobs.hpp"
#include "simulator/truth.hpp"
#include "workflows/logging.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::string_view kSection = "simulate";

struct SimulateRequest {
  std::string file;
  std::string output;
  std::vector<std::string> sets;
};

simulator::SimConfig load(const SimulateRequest& request) {
  ConfigTable table;
  if (!request.file.empty()) table = io::read_config(request.file);
  for (const auto& set : request.sets) io::set_override(table, set);
  simulator::SimConfig config;
  std::set<std::string, std::less<>> used;
  read_section(table, kSection, config, used);
  std::vector<OptionText> options;
  describe_section(kSection, config, options);
  std::vector<std::string> known;
  for (const auto& o : options) known.push_back(o.key);
  refuse_unknown(table, used, known);
  return config;
}

int simulate(const mpi::Comm& world, const SimulateRequest& request) {
  const LogSink log = world.is_root() ? make_log({}) : silent_log();
  const simulator::Season season = simulator::make_season(load(request));
  const simulator::Scene& scene = season.cameras.front();
  const std::filesystem::path folder{request.output};
  const auto jobs = simulator::jobs(season);
  log(LogLevel::info,
      fmt::format("simulating {} frames of {}x{} with {} stars into {}", jobs.size(),
                  scene.config.nx, scene.config.ny, scene.n_star(), folder.string()));
  mpi::farm(world, static_cast<std::int64_t>(jobs.size()), [&](std::int64_t i) {
    simulator::run_job(season, jobs[static_cast<std::size_t>(i)], folder);
  });
  mpi::do_on_root(world, [&] { simulator::write_truth(folder, season); });
  log(LogLevel::info, fmt::format("next: skyweft run {}", (folder / "night.toml").string()));
  return 0;
}

}  // namespace

void declare_simulate(CLI::App& app, Invocation& call) {
  auto request =
      std::make_shared<SimulateRequest>();  // shared: lives as long as the parsed command
  app.add_option("config", request->file,
                 "configuration with a [simulate] section; default: the standard night");
  app.add_option("-o,--output", request->output, "folder to write")->required();
  app.add_option("--set", request->sets, "KEY=VALUE, for example simulate.n_frames=20")->take_all();
  app.callback([request, &call] {
    call.action = [request, &call] {
      return mpi::guarded_main(call.argc, call.argv,
                               [&](mpi::Comm& world) { return simulate(world, *request); });
    };
  });
}

}  // namespace skyweft::workflows
