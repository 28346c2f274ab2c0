/// The version of this server and its clients, as `--version`, `welcome` and `status` tell it.
package let chatVersion = "0.1.0"
