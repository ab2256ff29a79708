// Everything that an embedding application needs: the instance, the messages, the outcomes, the configuration, the
// status, and all types that can be asked for and sent.
#pragma once

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/client/callback_client.hpp"
#include "tripool/actors/client/open_instance.hpp"
#include "tripool/actors/client/transaction_function.hpp"
#include "tripool/actors/config/load.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/actors/protocol_listen.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/actors/protocol_stream.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/config/options.hpp"
#include "tripool/core/listen/channel.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/result/row.hpp"
#include "tripool/core/statement/sql.hpp"
#include "tripool/core/statement/statement.hpp"
