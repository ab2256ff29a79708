// The borrowing actor.
// Used through borrower.hpp only.
#include "tests/chaos/borrower.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_session.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace tripool::chaos {

namespace {

constexpr const char* mark = "/* borrower */";

class borrowing_actor final : public caf::event_based_actor {
public:
  borrowing_actor(caf::actor_config& cfg, caf::actor delegate, moment at, std::int64_t key, std::promise<void> there)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), at_(at), key_(key), there_(std::move(there)) {}

private:
  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, begin{})
      .then(
        [this](const transaction_handle& x) {
          handle_ = x;
          write();
        },
        [this](const caf::error& e) { fail(e); });
    if (at_ == moment::ordering) there_.set_value();
    return {[](caf::unit_t) {}};
  }

  void write() {
    statement s;
    s.text = std::string{"with l as (select pg_advisory_xact_lock($1)) insert into ledger select $1, 0 from l "} + mark;
    s.parameters = {key_};
    request(handle_.to, caf::infinite, std::move(s))
      .then(
        [this](const result&) {
          if (at_ == moment::resting) there_.set_value();
          if (at_ == moment::running) wait();
        },
        [this](const caf::error& e) { fail(e); });
  }

  /// Its own statement tells nobody that it runs: whoever waits looks at the server.
  void wait() {
    statement s;
    s.text = std::string{"select pg_sleep(60) "} + mark;
    s.mode = access::read;
    s.timeout = std::chrono::seconds{50};
    request(handle_.to, caf::infinite, std::move(s)).then([](const result&) {}, [](const caf::error&) {});
    there_.set_value();
  }

  void fail(const caf::error& e) {
    if (at_ == moment::ordering) return;
    there_.set_exception(std::make_exception_ptr(stage_error{"A borrower got: " + to_string(failure_of(e))}));
  }

  caf::actor delegate_;
  moment at_;
  std::int64_t key_;
  std::promise<void> there_;
  transaction_handle handle_;
};

} // namespace

borrower::borrower(stage& s, moment at, std::int64_t key) : stage_(s), at_(at) {
  std::promise<void> there;
  there_ = there.get_future();
  self_ = s.system().spawn<borrowing_actor>(s.db().delegate(), at, key, std::move(there));
}

borrower::~borrower() {
  die();
}

void borrower::wait_until_there() {
  if (there_.wait_for(10s) != std::future_status::ready) throw stage_error{"A borrower did not get its transaction."};
  there_.get();
  if (at_ != moment::running) return;
  stage_.wait_until("a borrower's statement to run", 5s, [&] {
    return stage_.sql(0, std::string{"select count(*) from pg_stat_activity where query like '%pg_sleep(60) "} + mark
                           + "' and state = 'active' and pid <> pg_backend_pid()")
           == "1";
  });
}

void borrower::die() {
  if (self_) caf::anon_send_exit(self_, caf::exit_reason::kill);
  self_ = nullptr;
}

std::uint64_t borrower::left_behind(stage& s) {
  return std::stoull(s.sql(0, std::string{"select count(*) from pg_stat_activity where query like '%"} + mark
                                + "' and state <> 'idle' and application_name = 'tripool chaos'"));
}

} // namespace tripool::chaos
