/// The version of server and clients, in `--version`, `welcome` and `status`.
package let chatVersion = "0.1.0"
