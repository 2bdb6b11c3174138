"""The one place where the rooms are joined: ``create_app`` and the command line ``wangge``."""


def main() -> None:
    """Run the command line."""
