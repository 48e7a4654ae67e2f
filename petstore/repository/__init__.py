"""Where pets, claims and events are kept: ``port`` says what the rules may ask of a store.

``cosmos`` and ``sqlite`` keep its promises, each with a module for each kind of item;
``documents`` is how an item looks in both.
"""
