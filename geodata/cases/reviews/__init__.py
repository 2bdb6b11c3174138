"""The daily report and the weekly review (民情日报周会审), as page, PDF and Excel."""
