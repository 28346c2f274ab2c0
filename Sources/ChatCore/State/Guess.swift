import ChatProtocol

/// A password that somebody gave: from where, and for what. Wrong ones are counted for each such pair beside those for the network
/// alone, so that who guesses at one account does not shut out the others who share the address.
struct Guess: Hashable, Sendable {
  var network: Network
  var subject: Subject

  enum Subject: Hashable, Sendable {
    /// As it was typed, whether there is such an account or not: else a refusal would tell.
    case login(LoginName)
    case room(Name)
  }
}
