// All codecs and the value types that belong to them, for those who would rather not choose.
// Knows nothing of rows. Used by callers.
#pragma once

#include "tripool/core/codec/array.hpp"
#include "tripool/core/codec/codec.hpp"
#include "tripool/core/codec/composite.hpp"
#include "tripool/core/codec/date_time.hpp"
#include "tripool/core/codec/enumeration.hpp"
#include "tripool/core/codec/extension.hpp"
#include "tripool/core/codec/network.hpp"
#include "tripool/core/codec/numeric.hpp"
#include "tripool/core/codec/range.hpp"
#include "tripool/core/codec/text.hpp"
#include "tripool/core/codec/uuid.hpp"
