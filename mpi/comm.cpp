// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/comm.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/raw.hpp"

namespace skyweft::mpi {

void check(int status, const char* call, std::source_location where) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING + 1> text{};
  int length = 0;
  if (MPI_Error_string(status, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw Error{Errc::mpi,
              fmt::format("{}: {}; another rank or the network failed, run the same command again",
                          call, std::string_view{text.data(), static_cast<std::size_t>(length)}),
              where};
}

bool mpi_is_running() noexcept {
  int started = 0;
  int ended = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&ended);
  return started != 0 && ended == 0;
}

CommHandle::~CommHandle() {
  if (comm != MPI_COMM_NULL && mpi_is_running()) MPI_Comm_free(&comm);
}

Comm::Comm(std::unique_ptr<CommHandle> handle) : handle_(std::move(handle)) {
  check(MPI_Comm_set_errhandler(handle_->comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(handle_->comm, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(handle_->comm, &size_), "MPI_Comm_size");
}

Comm::Comm(Comm&&) noexcept = default;
Comm& Comm::operator=(Comm&&) noexcept = default;
Comm::~Comm() = default;

void Comm::barrier() const {
  check(MPI_Barrier(raw(*this)), "MPI_Barrier");
}

bool Comm::all_of(bool mine) const {
  int here = mine ? 1 : 0;
  int everywhere = 0;
  check(MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, raw(*this)), "MPI_Allreduce");
  return everywhere != 0;
}

bool Comm::any_of(bool mine) const {
  return !all_of(!mine);
}

Comm Comm::node() const {
  MPI_Comm together = MPI_COMM_NULL;
  check(MPI_Comm_split_type(raw(*this), MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &together),
        "MPI_Comm_split_type");
  return Comm{std::make_unique<CommHandle>(together)};
}

std::optional<std::string> lonely_world_warning(const Comm& world) {
  if (world.size() != 1) return std::nullopt;
  for (const char* variable :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* value = std::getenv(variable);
    const long n_task = value == nullptr ? 1 : std::strtol(value, nullptr, 10);
    if (n_task > 1)
      return fmt::format(
          "{} says {} tasks were started, but this process is alone in its MPI world; all tasks "
          "would do the same "
          "work and write the same files. Start with 'srun --mpi=pmix' or with the mpirun of the "
          "MPI that skyweft "
          "was built with",
          variable, n_task);
  }
  return std::nullopt;
}

}  // namespace skyweft::mpi
