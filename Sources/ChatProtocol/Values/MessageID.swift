/// The number of a message, private message or file: grows with every one on the server and never repeats.
package typealias MessageID = UInt64
