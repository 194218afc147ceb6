// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Prints what every stage does per second on this machine, beside what the machine could do.
#include <cstdio>

#include "bench/blind_stages.hpp"
#include "bench/catalog_stages.hpp"
#include "bench/epd_stages.hpp"
#include "bench/floors.hpp"
#include "bench/frame_stages.hpp"
#include "bench/magfit_stages.hpp"
#include "bench/night.hpp"
#include "bench/options.hpp"
#include "bench/peers.hpp"
#include "bench/series.hpp"
#include "bench/shape_stages.hpp"
#include "bench/store_stages.hpp"
#include "bench/table.hpp"
#include "bench/tfa_stages.hpp"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "mpi/comm.hpp"

namespace skyweft::bench {
namespace {

/// A folder of our own that goes away with us.
class Workplace {
 public:
  explicit Workplace(const std::filesystem::path& parent)
      : path_(std::filesystem::absolute(parent) / fmt::format("skyweft-bench-{}", getpid())) {
    std::error_code failure;
    std::filesystem::create_directories(path_, failure);
    if (failure)
      throw Error{Errc::io, fmt::format("cannot make {}: {}; choose another --folder",
                                        path_.string(), failure.message())};
  }
  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

int run(Options options, const mpi::Comm& world) {
  if (world.size() != 1)
    throw Error{Errc::usage, "the benchmark measures one core; start it without mpirun"};
  const Workplace workplace{options.folder};
  options.folder = workplace.path();
  const auto say = [](const std::string& what) { std::fputs((what + "\n").c_str(), stderr); };
  Table table;
  say("floors");
  const Floors floors = measure_floors(options, table);
  say("simulating");
  const Night night = make_night(options);
  say("frame stages");
  const FrameProducts products = time_frame_stages(options, floors, night, table);
  say("star shapes");
  time_shape_stages(options, night, products, table);
  if (options.has_peers) say("peers");
  Table of_peers = table;  // they stand last, but run while the frame is in memory
  if (options.has_peers) time_peers(options, night, products, of_peers);
  say("catalogue and index");
  time_catalog_stages(options, floors, table);
  time_blind_stages(options, options.n_quad, table);
  say("stores");
  const Series series = make_series(options, night);
  time_store_stages(options, floors, night, series, world, table);
  say("light curves");
  time_magfit_stages(options, floors, table);
  time_epd_stages(options, floors, table);
  time_tfa_stages(options, floors, table);
  for (const Row& row : of_peers.rows())
    if (row.section == "peers") table.add(row);
  std::fputs(table.text().c_str(), stdout);
  if (!options.json.empty())
    table.write_json(options.json, {{"nx", std::to_string(options.nx)},
                                    {"stars", std::to_string(options.n_star)},
                                    {"frames", std::to_string(options.n_frame)},
                                    {"runs", std::to_string(options.n_run)},
                                    {"version", SKYWEFT_VERSION}});
  return 0;
}

}  // namespace
}  // namespace skyweft::bench

int main(int argc, char** argv) {
  using namespace skyweft;
  bench::Options options;
  options.folder = std::filesystem::temp_directory_path();
  CLI::App app{"What every stage does per second on one core, beside this machine's floors"};
  app.add_option("--nx", options.nx, "frames are this many pixels on a side")
      ->check(CLI::Range(256, 20000))
      ->capture_default_str();
  app.add_option("--stars", options.n_star, "stars in the field")
      ->check(CLI::Range(200, 1000000))
      ->capture_default_str();
  app.add_option("--frames", options.n_frame, "frames of the light curves")
      ->check(CLI::Range(20, 100000))
      ->capture_default_str();
  app.add_option("--catalog-stars", options.n_catalog_star, "stars of the local catalogue")
      ->check(CLI::Range(100000, 2000000000))
      ->capture_default_str();
  app.add_option("--quads", options.n_quad, "quads of the index of the sky, about")
      ->check(CLI::Range(10000, 100000000))
      ->capture_default_str();
  app.add_option("--runs", options.n_run, "numbers are medians of this many runs")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--folder", options.folder, "where files are written; what disk is measured")
      ->capture_default_str();
  app.add_option("--json", options.json, "also write the table to this file");
  app.add_option("--peer-script", options.peer_script, "peers.py of this folder");
  app.add_option("--python", options.python, "Python with sep and photutils");
  bool no_peers = false;
  app.add_flag("--no-peers", no_peers, "leave out other programs");
  CLI11_PARSE(app, argc, argv);
  options.has_peers = !no_peers;
  return mpi::guarded_main(argc, argv,
                           [&](mpi::Comm& world) { return bench::run(options, world); });
}
