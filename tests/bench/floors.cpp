// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/floors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <vector>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"

namespace skyweft::bench {
namespace {

constexpr std::size_t kWords = std::size_t{32} << 20;  // 256 MiB: no cache holds it
constexpr double kBytes = 8.0 * static_cast<double>(kWords);

void write_file(const std::filesystem::path& path, const std::vector<char>& bytes) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out)
    throw Error{Errc::io, fmt::format("cannot write {}; choose another --folder", path.string())};
}

std::vector<char> some_bytes(std::int64_t n_byte) {
  std::vector<char> bytes(static_cast<std::size_t>(n_byte));
  std::iota(bytes.begin(), bytes.end(), char{0});
  return bytes;
}

}  // namespace

double write_floor_mb_s(const Options& options, std::int64_t n_byte, Cost* cost) {
  const std::filesystem::path path = options.folder / "floor.bin";
  const std::vector<char> bytes = some_bytes(n_byte);
  const Cost took = median_cost(
      options.n_run,
      [&] {
        write_file(path, bytes);
        io::sync_file(path);
      },
      [&] { std::filesystem::remove(path); });
  std::filesystem::remove(path);
  if (cost != nullptr) *cost = took;
  return 1e-6 * static_cast<double>(n_byte) / took.wall_s;
}

Floors measure_floors(const Options& options, Table& table) {
  Floors floors;
  {
    std::vector<std::uint64_t> from(kWords, 1);
    std::vector<std::uint64_t> to(kWords, 2);
    std::uint64_t sum = 0;
    const Cost read = median_cost(options.n_run, [&] {
      sum += std::accumulate(from.begin(), from.end(), std::uint64_t{0});
      keep(sum);
    });
    table.add(
        make_row("floors", "memory read", "256 MiB", read, Clock::cpu, 1e-9 * kBytes, "GB/s"));
    floors.read_gb_s = table.rows().back().rate;
    const Cost copy = median_cost(options.n_run, [&] {
      std::ranges::copy(from, to.begin());
      keep(to);
    });
    table.add(make_row("floors", "memory copy", "256 MiB to 256 MiB", copy, Clock::cpu,
                       2e-9 * kBytes, "GB/s"));
    floors.copy_gb_s = table.rows().back().rate;
  }
  {
    constexpr Eigen::Index kSide = 768;
    const Eigen::MatrixXd a = Eigen::MatrixXd::Random(kSide, kSide);
    const Eigen::MatrixXd b = Eigen::MatrixXd::Random(kSide, kSide);
    Eigen::MatrixXd c(kSide, kSide);
    const Cost gemm = median_cost(options.n_run, [&] {
      c.noalias() = a * b;
      keep(c);
    });
    table.add(make_row("floors", "matrix product", "768^3 double", gemm, Clock::cpu,
                       2e-9 * std::pow(static_cast<double>(kSide), 3), "GFLOP/s"));
    floors.gemm_gflop_s = table.rows().back().rate;
  }
  constexpr std::int64_t kFileBytes = std::int64_t{64} << 20;
  Cost write;
  write_floor_mb_s(options, kFileBytes, &write);
  table.add(make_row("floors", "file write + fsync", "64 MiB, new file", write, Clock::wall,
                     1e-6 * static_cast<double>(kFileBytes), "MB/s"));
  {
    const std::filesystem::path path = options.folder / "floor.bin";
    const std::int64_t n_byte = 2 * options.nx * options.nx;
    write_file(path, some_bytes(n_byte));
    const Cost read = median_cost(options.n_run, [&] {
      std::vector<char> bytes(static_cast<std::size_t>(n_byte));
      std::ifstream in{path, std::ios::binary};
      in.read(bytes.data(), static_cast<std::streamsize>(n_byte));
      keep(bytes);
    });
    std::filesystem::remove(path);
    table.add(make_row("floors", "file read, cached",
                       fmt::format("{:.3g} MB", 1e-6 * static_cast<double>(n_byte)), read,
                       Clock::wall, 1e-6 * static_cast<double>(n_byte), "MB/s"));
    floors.cached_read_mb_s = table.rows().back().rate;
  }
  return floors;
}

}  // namespace skyweft::bench
