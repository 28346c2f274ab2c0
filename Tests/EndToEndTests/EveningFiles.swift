/// The files after `EveningTests`, with hashes and times masked.
enum EveningFiles {
  static let users = """
    name,password,role,status,email,created
    carol,HASH,user,active,,TIME
    mallory,HASH,user,active,,TIME
    alice,HASH,user,active,alice@example.org,TIME
    bob,HASH,user,active,,TIME

    """

  static let rooms = """
    {
      "version": 1,
      "rooms": [
        {
          "name": "den",
          "topic": "tea \\"at\\" five",
          "owner": "alice",
          "password": "HASH",
          "created": "TIME",
          "first_id": 1,
          "moderators": [
            "bob"
          ],
          "banned": [
            "mallory"
          ],
          "muted": [
            "carol"
          ]
        },
        {
          "name": "garden",
          "topic": "",
          "owner": "bob",
          "password": null,
          "created": "TIME",
          "first_id": 2,
          "moderators": [],
          "banned": [],
          "muted": []
        }
      ]
    }

    """

  static let state = """
    {
      "version": 1,
      "saved": "TIME",
      "clean": true,
      "id": 3,
      "clock": CLOCK,
      "users": [
        {
          "name": "carol",
          "last_seen": "TIME",
          "rooms": [
            "lobby"
          ],
          "away": null,
          "ignores": [],
          "unread": [
            {
              "id": 3,
              "time": "TIME",
              "from": "bob",
              "text": "for your eyes"
            }
          ]
        },
        {
          "name": "mallory",
          "last_seen": "TIME",
          "rooms": [
            "lobby"
          ],
          "away": null,
          "ignores": [],
          "unread": []
        },
        {
          "name": "alice",
          "last_seen": "TIME",
          "rooms": [
            "lobby",
            "den"
          ],
          "away": null,
          "ignores": [
            "mallory"
          ],
          "unread": []
        },
        {
          "name": "bob",
          "last_seen": "TIME",
          "rooms": [
            "den",
            "garden"
          ],
          "away": "asleep",
          "ignores": [],
          "unread": []
        }
      ]
    }

    """
}
