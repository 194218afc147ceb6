// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace skyweft::mpi {

struct CommHandle;  // the MPI_Comm; mpi/raw.hpp, for the .cpp files of this room

/// A private communicator and what this process is in it. Moves, does not copy; must be destroyed
/// before MPI ends, which `guarded_main` sees to.
///
/// A failing MPI call becomes Error{mpi} with the call's name and MPI's own text.
class Comm {
 public:
  /// Takes ownership of the communicator in `handle`.
  explicit Comm(std::unique_ptr<CommHandle> handle);
  Comm(Comm&&) noexcept;
  Comm& operator=(Comm&&) noexcept;
  ~Comm();

  /// Collective. A duplicate of the world, for `guarded_main` and for test programs.
  static Comm world();

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  bool is_root() const noexcept { return rank_ == 0; }

  /// Collective. Waits until all ranks are here.
  void barrier() const;
  /// Collective. True everywhere when `mine` is true on every rank.
  bool all_of(bool mine) const;
  /// Collective. True everywhere when `mine` is true on at least one rank.
  bool any_of(bool mine) const;
  /// Collective. The ranks that share memory with this one, in the same order.
  Comm node() const;

  const CommHandle& handle() const noexcept { return *handle_; }

 private:
  std::unique_ptr<CommHandle> handle_;
  int rank_ = 0;
  int size_ = 1;
};

/// Starts MPI (thread level FUNNELED), runs `body` on every rank, ends MPI; returns body's exit
/// code.
///
/// An uncaught Error is printed once to stderr as "skyweft: error: …" (with its rank when there are
/// several) and becomes its documented exit code; any other exception counts as an internal error.
/// When all ranks fail together the job ends in order; when the others do not arrive within two
/// seconds, as they wait in a collective call that will never complete, the job is aborted with
/// that code. Ranks that return different codes end with the largest. Collective. Throws: never.
int guarded_main(int& argc, char**& argv, const std::function<int(Comm& world)>& body) noexcept;

/// A text when the launcher started several tasks but each believes to be alone (an `srun` without
/// `--mpi=pmix`, an `mpirun` of another MPI): they would all write the same files. Collective: no.
std::optional<std::string> lonely_world_warning(const Comm& world);

}  // namespace skyweft::mpi
