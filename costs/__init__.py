"""What a month costs on each plan: ``make cost``. For development only, and not published."""
