// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/grid.hpp"

namespace skyweft::detect {

/// Spreads a mesh of box values over `nx` x `ny` pixels.
///
/// Box (i, j) is centred at ((i + 1/2) nx/mesh.nx - 1/2, …). Separable: a natural cubic spline
/// (`cubic`) or straight lines through the centres; straight continuation outside the outermost
/// centres. A mesh of one box gives a constant. Collective: no.
/// Throws: never.
/// `out` gets that shape, keeping its memory when it has it already; values below `least` become
/// `least`.
void interpolate_mesh_into(Grid<float>& out, const Grid<double>& mesh, std::int64_t nx,
                           std::int64_t ny, bool cubic, float least);

}  // namespace skyweft::detect
