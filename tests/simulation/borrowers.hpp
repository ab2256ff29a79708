// Those who borrow sessions in a history: transactions, leases and streams, each with an actor of its own that may die
// in the middle, drop its handle, or give it back.
// Knows no actor's inside. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include "tripool/actors/protocol_session.hpp"
#include "tripool/actors/protocol_stream.hpp"

#include <list>
#include <string>
#include <vector>

namespace tripool::test {

/// The borrowers.
class borrowers {
public:
  explicit borrowers(stage& s) : s_(s) {}
  borrowers(const borrowers&) = delete;
  borrowers& operator=(const borrowers&) = delete;
  ~borrowers();

  /// One of them does something, or another one comes.
  void act();
  /// All of them die.
  void end();

private:
  enum class kind : std::uint8_t { transaction, lease, stream };
  struct borrower {
    kind what = kind::transaction;
    caf::actor who;
    deed_ptr order;
    deed_ptr whole; ///< A transaction's writes, which its COMMIT decides on.
    /// Null until the order is done. Shared with the answer's handler, which may outlive this.
    std::shared_ptr<session_handle> handle;
    std::vector<deed_ptr> asked; ///< Of this session.
    std::vector<std::string> since_savepoint;
    bool has_savepoint = false;
    bool ending = false; ///< COMMIT, ROLLBACK or the like was sent.
  };
  using place = std::list<borrower>::iterator;

  void come();
  template <class Handle, class Order>
  void order(borrower& x, Order what, std::string name, std::chrono::milliseconds timeout);
  void go_on(place i);
  void go_on_with_transaction(borrower& x);
  void go_on_with_lease(borrower& x);
  void go_on_with_stream(borrower& x);
  void run(borrower& x, const std::string& text, bool write);
  template <class Answer, class Message>
  deed_ptr tell(borrower& x, Message m, std::string name, std::chrono::milliseconds timeout);
  void commit_of(borrower& x);
  void set_savepoint(borrower& x);
  void leave(place i);
  std::chrono::milliseconds timeout() { return s_.ms(50, 4000); }

  stage& s_;
  std::list<borrower> all_;
};

} // namespace tripool::test
